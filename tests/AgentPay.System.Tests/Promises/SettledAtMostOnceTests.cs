using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P2: a payment settles at most once, however many ask for it, in whatever spelling, at whichever engine, and whoever is killed meanwhile.</summary>
[Collection("Two engines")]
public sealed class SettledAtMostOnceTests : IAsyncLifetime
{
    private const string Key = "k";
    private const int AskedMaxSeconds = 120;
    private static readonly bool _isAsWritten = TestScale.Factor > 1;
    private static readonly (int Payments, int Copies, int AtOnce) _count = _isAsWritten ? (200, 40, 10) : (12, 8, 12);
    private static readonly TimeSpan _betweenKills = TimeSpan.FromSeconds(3);

    private readonly ThreeEngines _world = new();
    private readonly Random _chance = new(TestScale.FirstSeed);
    private int _broken;
    private int _unavailable;
    private int _pending;

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Copies_of_payments_at_three_engines_of_which_one_after_the_other_is_killed_settle_each_once_and_earn_one_success()
    {
        using var payer = await _world.Chain.NewPayerAsync();
        var endsAt = (ulong)TimeProvider.System.GetUtcNow().AddSeconds(600).ToUnixTimeSeconds();
        var payments = Enumerable.Range(0, _count.Payments)
            .Select(_ => Payment.Sign(_world.Chain, payer, change: transfer => transfer with { ValidBefore = endsAt })).ToArray();
        var since = TimeProvider.System.GetTimestamp();
        using var room = new SemaphoreSlim(_count.AtOnce);
        var asking = Task.WhenAll(payments.Select((payment, place) => AskAllAsync(room, payment, place)));

        var kills = await KillAsync(asking, payer.Address);
        var told = await asking;
        var took = TimeProvider.System.GetElapsedTime(since);
        var last = await Task.WhenAll(payments.Select(payment => AskAsync(payment, 3, _chance.Next(_world.All.Count))));
        var unheard = told.Count(answers => !answers.Any(one => one.Answer.IsSuccess));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {TestScale.FirstSeed}: {_count.Payments} payments x {_count.Copies} copies in {took.TotalSeconds:0.0} s, {kills} kills; asked again after {_broken} broken connections, {_unavailable} x 503, {_pending} x pending. " +
            $"Success: {told.Count(answers => answers.Count(one => one.Answer.IsSuccess) > 1)} to a key, {told.Count(answers => answers.Count(one => one.Answer.IsSuccess) == 1)} to one caller, {unheard} to nobody before all were told.");

        Assert.All(told.Zip(last), pair => AssertToldOnce(pair.First, pair.Second.Answer));
        Assert.True(_broken > 0, "No kill hit a caller.");
        await _world.AssertWholeAsync(payer.Address, payments.Length);
    }

    /// <summary>Success to those who have the key, always the same, or to one caller alone; everybody else is told that it is not theirs.</summary>
    /// <param name="answers">What all copies of one payment were told.</param>
    /// <param name="last">What was told under the key after all of them: success when the payment was reserved under it, or when nobody had heard of it yet.</param>
    private static void AssertToldOnce(Told[] answers, Answer last)
    {
        Assert.All(answers, one => Assert.True(one.Answer is { Status: 200 } answer && (answer.IsSuccess || answer.ErrorReason == "duplicate_settlement"), $"{one}"));
        Assert.Equal(last.Transaction, Assert.Single(answers.Select(one => one.Answer.Transaction).Append(last.Transaction).Where(static hash => hash.Length > 0).Distinct()));
        var successes = answers.Where(static one => one.Answer.IsSuccess).ToArray();
        if (last.IsSuccess && successes.Length > 0)
        {
            Assert.Equal(answers.Where(static one => one.IsKeyed), successes);
            Assert.All(successes, one => Assert.Equal(last.Body, one.Answer.Body, ignoreCase: true));
        }
        else
        {
            Assert.InRange(successes.Length, 0, 1);
        }
    }

    /// <summary>Until all are answered: the holder of the key and anyone in turn, each started again at once. In a short run the holder once.</summary>
    private async Task<int> KillAsync(Task asking, Address payer)
    {
        if (!_isAsWritten)
        {
            await Wait.UntilAsync(async () => await _world.Chain.AuthorizationsUsedAsync(payer) > 0);
            await RestartAsync(await _world.HolderAsync());
            return 1;
        }

        for (var kills = 0; ; kills++)
        {
            await Task.WhenAny(asking, Task.Delay(_betweenKills, TimeProvider.System, TestContext.Current.CancellationToken));
            if (asking.IsCompleted)
            {
                return kills;
            }

            await RestartAsync(kills % 2 == 0 ? await _world.HolderAsync() : null);
        }
    }

    private async Task RestartAsync(Engine? victim)
    {
        victim ??= _world.All[_chance.Next(_world.All.Count)];
        await victim.KillAsync();
        await _world.StartAsync(victim);
    }

    /// <summary>All copies of a payment at once, while so many payments are under way that the kills meet them all along.</summary>
    private async Task<Told[]> AskAllAsync(SemaphoreSlim room, Payment payment, int place)
    {
        await room.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return await Task.WhenAll(Enumerable.Range(0, _count.Copies).Select(copy => AskAsync(payment, copy, place + copy)));
        }
        finally
        {
            room.Release();
        }
    }

    /// <summary>As a caller does: at the next engine when the connection broke or there was no verdict, until there is one. Odd copies are spelled otherwise, every other two have the key.</summary>
    private async Task<Told> AskAsync(Payment payment, int copy, int first)
    {
        var (body, isKeyed, tries) = (Spelling.Of(payment, copy % 2 == 0 ? 0 : 1 + (copy / 2 * 13 % 64)), copy % 4 > 1, first);
        var answer = await Wait.ForAsync(() => TryAsync(_world.All[tries++ % _world.All.Count], body, isKeyed), AskedMaxSeconds);
        return new Told(isKeyed, answer);
    }

    private async Task<Answer?> TryAsync(Engine engine, string body, bool isKeyed)
    {
        try
        {
            var answer = await engine.PostAsync("/facilitator/settle", body, isKeyed ? [("Idempotency-Key", Key)] : []);
            if (answer.Status == 503)
            {
                Interlocked.Increment(ref _unavailable);
                return null;
            }

            if (answer is { Status: 200, ErrorReason: "settlement_pending" })
            {
                Interlocked.Increment(ref _pending);
                return null;
            }

            return answer;
        }
        catch (HttpRequestException)
        {
            Interlocked.Increment(ref _broken);
            return null;
        }
    }

    private sealed record Told(bool IsKeyed, Answer Answer);
}
