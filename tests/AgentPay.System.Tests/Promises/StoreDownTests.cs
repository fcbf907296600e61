using System.Collections.Concurrent;
using AgentPay.Chains.Evm;
using AgentPay.Storage.Tests.Postgres;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P15: while the database is down, silent or gone, nothing is acknowledged, and whoever asks is told so at once; when it is back, the engine serves by itself.</summary>
[Collection("Two engines")]
public sealed class StoreDownTests(StoreDownWorld world) : IClassFixture<StoreDownWorld>
{
    private const int Callers = 8;
    private static readonly int _rounds = TestScale.Factor > 1 ? 5 : 1;
    private static readonly TimeSpan _backMax = TimeSpan.FromSeconds(5);

    /// <summary>The promise is a second; a caller here also waits for two cores that it shares with its database, its chain and the engine.</summary>
    private static readonly TimeSpan _refusedMax = TimeSpan.FromSeconds(1.5);
    private readonly ConcurrentQueue<Told> _told = new();
    private readonly ConcurrentBag<Payment> _payments = [];

    /// <summary>One request; without an answer its connection broke.</summary>
    private sealed record Told(long Asked, long Answered, Answer? Answer);

    [Fact]
    public async Task While_the_database_is_down_nothing_is_acknowledged_and_when_it_is_back_the_engine_serves_within_five_seconds()
    {
        using var payer = await world.Chain.NewPayerAsync(100_000_000);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => PayAsync(payer, over.Token))));
        for (var round = 0; round < _rounds; round++)
        {
            // Longer, once, than the store itself waits for a server that says nothing.
            var silence = TimeSpan.FromSeconds(TestScale.Factor == 1 ? 2 : round == 0 ? 15 : 4);
            await ServedAsync(5);
            var frozen = await DatabaseProcesses.FreezeAsync(world.Postgres);
            await OutageAsync("frozen", silence, payer, () =>
            {
                frozen.Thaw();
                return Task.CompletedTask;
            });
            await ServedAsync(5);
            await world.Postgres.KillAsync();
            await OutageAsync("stopped", TimeSpan.FromSeconds(2), payer, world.Postgres.StartAsync);
        }

        await over.CancelAsync();
        await callers;
        foreach (var payment in _payments)
        {
            var answer = await TwoEngines.AskUntilToldAsync(world.Engine, payment);
            Assert.True(answer.IsSuccess, answer.Body);
        }

        Assert.Equal(_payments.Count, await world.Chain.AuthorizationsUsedAsync(payer.Address));
        world.Engine.Program.Terminate();
        Assert.Equal(0, await world.Engine.Program.EndAsync(60));
        await DataFolder.AssertWholeInPostgresAsync(world.Database, _payments.Count);
        Assert.DoesNotContain("unhandled exception", world.Engine.Program.Output, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whoever asks while it is down and is answered while it is down is told 503 and when to come again. Whoever asked before may have been committed by then.</summary>
    private async Task OutageAsync(string kind, TimeSpan time, EvmSigner payer, Func<Task> endAsync)
    {
        var clock = TimeProvider.System;
        var down = clock.GetTimestamp();
        await Task.Delay(time, clock, TestContext.Current.CancellationToken);
        var up = clock.GetTimestamp();
        await endAsync();
        var back = clock.GetTimestamp();
        var payment = Payment.Sign(world.Chain, payer);
        _payments.Add(payment);
        var first = await TwoEngines.AskUntilToldAsync(world.Engine, payment);
        var served = clock.GetElapsedTime(back);
        var told = _told.Where(told => told.Answered > down && told.Answered < up).ToArray();
        var meanwhile = told.Where(told => told.Asked > down).ToArray();
        var waits = told.Where(static told => told.Answer?.Status == 503).Select(told => clock.GetElapsedTime(Math.Max(down, told.Asked), told.Answered).TotalSeconds).Order().ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{kind} {time.TotalSeconds} s: {waits.Length} refused, {(waits.Length == 0 ? "" : $"after {waits[waits.Length / 2]:0.00} s (median), {waits[^1]:0.00} s (longest), ")}"
            + $"{told.Count(static told => told.Answer?.Status == 200)} answers to earlier requests, {told.Count(static told => told.Answer is null)} broken connections; served {served.TotalSeconds:0.00} s after it.");
        Assert.NotEmpty(waits);
        Assert.True(waits[^1] < _refusedMax.TotalSeconds, $"{kind}: one was told after {waits[^1]:0.00} s.");
        Assert.All(meanwhile, told => Assert.Equal((503, "store_unavailable"), (told.Answer!.Status, told.Answer.Text("code"))));
        Assert.All(meanwhile, told => Assert.NotNull(told.Answer!.Headers.RetryAfter));
        Assert.True(first.IsSuccess, first.Body);
        Assert.True(served < _backMax, $"{served.TotalSeconds:0.0} s: {world.Engine.Program.Output}");
    }

    private Task ServedAsync(int count)
    {
        var goal = _told.Count(static told => told.Answer?.Status == 200) + count;
        return Wait.UntilAsync(() => Task.FromResult(_told.Count(static told => told.Answer?.Status == 200) >= goal));
    }

    /// <summary>One payment after the other, each asked for again until it is told.</summary>
    private async Task PayAsync(EvmSigner payer, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var payment = Payment.Sign(world.Chain, payer);
            _payments.Add(payment);
            await Wait.UntilAsync(async () => await AskAsync(payment) is { Status: 200 }, seconds: 60);
        }
    }

    private async Task<Answer?> AskAsync(Payment payment)
    {
        var asked = TimeProvider.System.GetTimestamp();
        Answer? answer = null;
        try
        {
            answer = await world.Engine.SettleAsync(payment, "k");
        }
        catch (HttpRequestException)
        {
            // What was paid could not be marked as told: the connection ends, and nobody was told.
        }

        _told.Enqueue(new Told(asked, TimeProvider.System.GetTimestamp(), answer));
        return answer;
    }
}
