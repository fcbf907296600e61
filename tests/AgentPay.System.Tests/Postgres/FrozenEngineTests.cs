using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Postgres;

/// <summary>An engine that is taken off the processor long enough to be taken for dead, in the middle of its work, and then wakes as if nothing had been.</summary>
[Collection("Two engines")]
public sealed class FrozenEngineTests : IAsyncLifetime
{
    private const int Callers = 6;
    private static readonly TimeSpan _frozen = TimeSpan.FromSeconds(TestScale.Factor > 1 ? 45 : 10);

    /// <summary>A transaction that waits so long for its engine's next word has a frozen engine.</summary>
    private static readonly TimeSpan _silence = TimeSpan.FromMilliseconds(200);

#if ORLEANS
    private const string WordsOfTheDead = " dead";
#else
    private const string WordsOfTheDead = "Another process took this one for dead. It writes nothing until it has registered anew.";
#endif

    private readonly TwoEngines _world = new();

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_holder_that_wakes_after_another_took_its_key_over_commits_nothing_tells_no_caller_anything_false_and_works_on()
    {
        using var payer = await _world.Chain.NewPayerAsync(1_000_000_000);
        var audit = new CommitAudit(_world.Database);
        await audit.StartAsync();
        var (lease, records) = (await audit.LeaseAsync(), await audit.ProcessesAsync());
        var (victim, other, name) = lease.Holder == records[0] ? (_world.First, _world.Second, TwoEngines.FirstName) : (_world.Second, _world.First, TwoEngines.SecondName);
        await using var atVictim = SteadyLoad.Start(_world.Chain, payer, victim, Callers);
        await using var atOther = SteadyLoad.Start(_world.Chain, payer, other, Callers);
        await Wait.UntilAsync(async () => await _world.Chain.AuthorizationsUsedAsync(payer.Address) > 20);

        var tries = await FreezeInATransactionAsync(victim, name, audit);
        var since = TimeProvider.System.GetTimestamp();
        await Wait.UntilAsync(async () => (await audit.LeaseAsync()).Epoch > lease.Epoch && !(await audit.ProcessesAsync()).Contains(lease.Holder));
        var takenOverAt = await audit.NowAsync();
        var takenOver = TimeProvider.System.GetElapsedTime(since);
        var extra = new List<Payment>();
        while (extra.Count == 0 || TimeProvider.System.GetElapsedTime(since) < _frozen)
        {
            extra.Add(await PayAsync(other, payer));
        }

        Assert.True(atVictim.Waiting > 0, "Nobody waited for the frozen engine.");
        var before = atVictim.ToldSoFar.Count;
        var woken = victim.Program;
        woken.Thaw();
#if ORLEANS
        // A silo that its cluster declared dead ends itself when it next reads who is a member, and whoever supervises it starts it again.
        await Wait.UntilAsync(() => Task.FromResult(woken.HasEnded), seconds: 20);
        await victim.StartAsync();
#else
        await Wait.UntilAsync(() => Task.FromResult(atVictim.ToldSoFar.Skip(before).Count(one => one.WasMined) >= 2 * Callers));
#endif
        extra.Add(await PayAsync(victim, payer));
        extra.Add(await PayAsync(other, payer));
        var (told, toldByOther) = (await atVictim.StopAsync(), await atOther.StopAsync());
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Frozen at try {tries}, taken over after {takenOver.TotalSeconds:0.0} s. Those who waited then: {Words(told.Skip(before).Take(Callers))}. All: {Words(told)}; at the other: {Words(toldByOther)}.");

        Assert.All([.. told, .. toldByOther], AssertTrue);
        var payments = told.Concat(toldByOther).Select(one => one.Payment).Concat(extra).ToArray();
        var answers = await AskAllAsync(other, payments);
        Assert.Equal(answers, await AskAllAsync(victim, payments));
        Assert.All(told.Concat(toldByOther).Zip(answers), pair => Assert.True(pair.First.Answer is not { Status: 200, IsSuccess: true } answer || answer.Body == pair.Second));
        AssertAudited(await audit.CommitsAsync(), name, lease.Holder, (await audit.LeaseAsync()).Holder, takenOverAt);
        Assert.Equal(lease.Epoch + 1, (await audit.LeaseAsync()).Epoch);
        Assert.Contains(WordsOfTheDead, woken.Output, StringComparison.Ordinal);
        await _world.AssertWholeAsync(payer.Address, payments.Length);
    }

    /// <summary>An error that says nothing, or what the chain shows: success only of what is mined, and no refusal of what is good.</summary>
    private static void AssertTrue(SteadyLoad.Told told) => Assert.True(
        told.Answer switch
        {
            null or { Status: 503 } => true,
            { Status: 200, IsSuccess: true } => told.WasMined,
            { Status: 200 } answer => answer.ErrorReason == "settlement_pending",
            _ => false,
        },
        $"{told.Answer}");

    private static void AssertAudited(IReadOnlyCollection<AuditedCommit> commits, string victim, string before, string after, DateTime takenOverAt)
    {
        Assert.DoesNotContain(commits, commit => commit.Process is null || (commit.Process == before && commit.At >= takenOverAt));
        Assert.DoesNotContain(commits, commit => commit.IsKey && commit.Holder != commit.Process);

        // The audit sees what it is there to see: keys' commits before and after, and commits of the woken engine under its new record.
        Assert.Contains(commits, commit => commit.IsKey && commit.Engine == victim && commit.Process == before);
        Assert.Contains(commits, commit => commit.IsKey && commit.Engine != victim && commit.Process == after);
        Assert.Contains(commits, commit => commit.Engine == victim && commit.Process != before);
    }

    private static string Words(IEnumerable<SteadyLoad.Told> told) =>
        string.Join(", ", told.GroupBy(one => one.Answer is { } answer ? $"{answer.Status} {(answer.Status == 200 ? answer.ErrorReason ?? "success" : answer.Text("code"))}" : "broken").Select(same => $"{same.Count()} x {same.Key}"));

    /// <summary>Stops it again and again until it stands between the claims of a batch and its COMMIT: its locks, on the lease too, are then held by nobody who is awake.</summary>
    private static async Task<int> FreezeInATransactionAsync(Engine engine, string name, CommitAudit audit)
    {
        for (var tries = 1; ; tries++)
        {
            Assert.True(tries <= 500, "It was never in the middle of a transaction.");
            engine.Program.Freeze();
            TimeSpan longest;
            do
            {
                longest = (await audit.WaitingTransactionsAsync(name)).FirstOrDefault();
            }
            while (longest > TimeSpan.Zero && longest < _silence);

            if (longest >= _silence)
            {
                return tries;
            }

            engine.Program.Thaw();
        }
    }

    private async Task<Payment> PayAsync(Engine engine, EvmSigner payer)
    {
        var payment = Payment.Sign(_world.Chain, payer);
        var answer = await TwoEngines.AskUntilToldAsync(engine, payment);
        Assert.True(answer.IsSuccess, $"{answer}{Environment.NewLine}{engine.Program.Output}");
        return payment;
    }

    private static async Task<string[]> AskAllAsync(Engine engine, Payment[] payments)
    {
        var answers = new List<string>();
        foreach (var some in payments.Chunk(100))
        {
            foreach (var answer in await Task.WhenAll(some.Select(payment => TwoEngines.AskUntilToldAsync(engine, payment))))
            {
                Assert.True(answer.IsSuccess, $"{answer}{Environment.NewLine}{engine.Program.Output}");
                answers.Add(answer.Body);
            }
        }

        return [.. answers];
    }
}
