using System.Globalization;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Tests.Contract;
using AgentPay.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>Two processes' worth of stores on one database: they share nothing but its rows.</summary>
public sealed class TwoStoresTests(PrivatePostgres postgres) : IAsyncLifetime
{
    private readonly PostgresAtomicStore[] _stores = new PostgresAtomicStore[2];
    private string _database = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.AddDatabaseAsync();

        // Both at once: one of them migrates.
        var opened = await Task.WhenAll(OpenAsync(spreadAbove: 0), OpenAsync(spreadAbove: 16));
        opened.CopyTo(_stores, 0);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task Overlapping_grains_under_two_times_64_committers_never_deadlock_and_leave_no_gap()
    {
        const int Grains = 40;
        var rounds = 15 * TestScale.Factor;
        var deadlocks = await DeadlocksAsync();
        var committed = new int[Grains];

        await Task.WhenAll(Enumerable.Range(0, 128).Select(caller => Task.Run(
            async () =>
            {
                var store = _stores[caller % 2];
                for (var round = 0; round < rounds; round++)
                {
                    var grain = ((caller * 7) + (round * 11)) % Grains;
                    while (!await TryChargeAsync(store, grain))
                    {
                        // The rival's version is read, and the decision made again.
                    }

                    Interlocked.Increment(ref committed[grain]);
                }
            },
            Cancel)));

        Assert.Equal(128 * rounds, committed.Sum());
        for (var grain = 0; grain < Grains; grain++)
        {
            var state = await _stores[grain % 2].ReadAsync(Some.Grain($"g{grain}"), Cancel);
            Assert.Equal(committed[grain], state!.Version);
            Assert.Equal(Numbers(committed[grain]), (await _stores[0].ReadObjectEventsAsync($"g{grain}", Cancel)).Select(entry => entry.ObjectSequence));
            Assert.Equal(committed[grain], (await _stores[1].ReadTransfersAsync(Some.Grain($"g{grain}"), Cancel)).Count);
        }

        foreach (var account in (string[])["acct_0", "acct_1", "acct_2"])
        {
            var events = await _stores[0].ReadEventsAsync(account, 0, int.MaxValue, Cancel);
            Assert.Equal(Numbers(events.Count), events.Select(entry => entry.Sequence));
        }

        Assert.Equal(new LedgerTotal(Some.Usdc, 0, 128 * rounds), Assert.Single(await _stores[1].ReadLedgerTotalsAsync(Cancel)));
        Assert.Equal(deadlocks, await DeadlocksAsync());
    }

    [Fact]
    public async Task A_message_delivered_by_both_is_consumed_once()
    {
        const int Messages = 200;
        await Task.WhenAll(Enumerable.Range(0, Messages).Select(number => _stores[0].CommitAsync(Some.Commit($"s{number}") with { Messages = [Some.Message("r")] })));

        var results = await Task.WhenAll(Enumerable.Range(0, Messages * 2).Select(delivery => _stores[delivery % 2].CommitAsync(
            Some.Commit($"r{delivery}") with { Consumes = new MessageId(Some.Grain($"s{delivery / 2}"), 1, 0), Events = [Some.Event("r")] })));

        Assert.All(Enumerable.Range(0, Messages), number => Assert.Equal(
            [CommitStatus.Committed, CommitStatus.MessageGone], new[] { results[number * 2].Status, results[(number * 2) + 1].Status }.Order()));
        Assert.Empty(await _stores[0].ReadWaitingMessagesAsync(Some.Now, 1_000, Cancel));
        Assert.Equal(Numbers(Messages), (await _stores[0].ReadObjectEventsAsync("r", Cancel)).Select(entry => entry.ObjectSequence));
    }

    [Fact]
    public async Task A_key_is_answered_by_one_of_both()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(number => _stores[number % 2].CommitAsync(
            Some.Commit($"w{number}") with { Answer = Some.Answer($"k{number / 2}", $"{number}") })));

        Assert.Equal(100, results.Count(result => result.Status == CommitStatus.Committed));
        Assert.Equal(100, results.Count(result => result.Status == CommitStatus.AnswerExists));
    }

    [Fact]
    public async Task What_one_acknowledged_the_other_reads_at_once()
    {
        for (var version = 0; version < 50; version++)
        {
            await _stores[version % 2].CommitAsync(Some.Commit("w", version, version.ToString(CultureInfo.InvariantCulture)));
            Assert.Equal(version + 1, (await _stores[(version + 1) % 2].ReadAsync(Some.Grain("w"), Cancel))!.Version);
        }
    }

    private Task<PostgresAtomicStore> OpenAsync(int spreadAbove) => PostgresAtomicStore.OpenAsync(
        new PostgresStoreOptions { ConnectionString = _database, SpreadAbove = spreadAbove }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);

    private static async Task<bool> TryChargeAsync(PostgresAtomicStore store, int grain)
    {
        var key = $"g{grain}";
        var version = (await store.ReadAsync(Some.Grain(key), Cancel))?.Version ?? 0;
        var result = await store.CommitAsync(Some.Commit(key, version) with
        {
            Account = $"acct_{grain % 3}",
            Events = [Some.Event(key)],
            Transfers = [Some.Transfer(key, "m", 1)],
            Due = [new DueChange("d", Some.Now)],
            Chain = new DecisionChain(),
        });
        Assert.True(result.Status is CommitStatus.Committed or CommitStatus.VersionConflict, $"{result}");
        return result.Status == CommitStatus.Committed;
    }

    private static IEnumerable<long> Numbers(int count) => Enumerable.Range(1, count).Select(number => (long)number);

    /// <summary>Of this test's own database: others may drop their tables meanwhile as they like.</summary>
    private async Task<long> DeadlocksAsync() => (long)(await postgres.ExecuteAsync(
        $"SELECT deadlocks FROM pg_stat_database WHERE datname = '{new Npgsql.NpgsqlConnectionStringBuilder(_database).Database}'"))!;
}
