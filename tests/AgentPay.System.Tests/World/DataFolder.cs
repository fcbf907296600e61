using System.Globalization;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.SystemTests.World;

/// <summary>What an engine left behind, read while none runs.</summary>
internal static class DataFolder
{
    private const int PageMax = 1_000;

    /// <summary>Per asset the ledger sums to zero over this many rows; every event log is numbered without a gap; no event is there twice; nothing waits to be told.</summary>
    public static async Task AssertWholeAsync(string folder, long transfers, bool hasEvents = true)
    {
        await using var store = SqliteAtomicStore.Open(
            new SqliteStoreOptions { Path = Path.Combine(folder, "agentpay.db") }, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance);
        await AssertWholeAsync(store, transfers, hasEvents);
    }

    /// <summary>The same of a database.</summary>
    public static async Task AssertWholeInPostgresAsync(string connectionString, long transfers, bool hasEvents = true)
    {
        await using var store = PostgresAtomicStore.Open(
            new PostgresStoreOptions { ConnectionString = connectionString }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);
        await AssertWholeAsync(store, transfers, hasEvents);
    }

    private static async Task AssertWholeAsync(IAtomicStore store, long transfers, bool hasEvents)
    {
        var totals = await store.ReadLedgerTotalsAsync(TestContext.Current.CancellationToken);
        Assert.All(totals, total => Assert.Equal(Int128.Zero, total.PostingSum));
        Assert.Equal(transfers, totals.Sum(total => total.Transfers));
        Assert.Empty(await store.ReadWaitingMessagesAsync(TimeProvider.System.GetUtcNow().AddDays(1), PageMax, TestContext.Current.CancellationToken));
        var seen = new HashSet<(string, string, long)>();
        for (var shard = 0; shard < StoreLimits.EventShards; shard++)
        {
            var last = 0L;
            while (await store.ReadEventsAsync(string.Create(CultureInfo.InvariantCulture, $"shard:{shard}"), last, PageMax, TestContext.Current.CancellationToken) is { Count: > 0 } page)
            {
                foreach (var entry in page)
                {
                    Assert.Equal(++last, entry.Sequence);
                    Assert.True(seen.Add((entry.Object, entry.Type, entry.ObjectSequence)));
                }
            }
        }

        Assert.Equal(hasEvents, seen.Count > 0);
    }
}
