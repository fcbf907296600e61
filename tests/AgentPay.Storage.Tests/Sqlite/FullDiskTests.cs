using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite;
using AgentPay.Storage.Tests.Contract;

namespace AgentPay.Storage.Tests.Sqlite;

public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryStore _file = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task A_full_disk_acknowledges_nothing_changes_nothing_and_still_reads()
    {
        await using var store = await _file.OpenAsync(pagesMax: 80);
        var kept = await FillAsync(store);
        var failure = Assert.IsType<StoreWriteFailure>(((IStoreHealth)store).LastWriteFailure);
        Assert.Contains("full", failure.Reason, StringComparison.Ordinal);

        var neighbours = Enumerable.Range(0, 10).Select(place => store.CommitAsync(Large($"late{place}", 0))).ToArray();
        foreach (var neighbour in neighbours)
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => neighbour);
        }

        Assert.All(await store.ReadManyAsync([.. Enumerable.Range(0, 10).Select(place => Some.Grain($"late{place}"))], Cancel), Assert.Null);
        Assert.Equal(kept, (await store.ReadAsync(Some.Grain("w"), Cancel))!.Version);
        Assert.Equal(kept, (await store.ReadEventsAsync("acct_1", 0, 1_000, Cancel)).Count);
    }

    [Fact]
    public async Task After_room_was_made_the_same_store_writes_again_without_a_gap()
    {
        await using var store = await _file.OpenAsync(pagesMax: 80);
        var kept = await FillAsync(store);

        // A smaller state gives pages back, which is room for the next.
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("ballast", 1, "small"))).Status);

        var again = await store.CommitAsync(Large("w", kept));
        Assert.Equal(new CommitResult(CommitStatus.Committed, kept + 1), again);
        Assert.Null(store.LastWriteFailure);
        Assert.Equal(
            Enumerable.Range(1, (int)kept + 1).Select(number => (long)number),
            (await store.ReadEventsAsync("acct_1", 0, 1_000, Cancel)).Select(entry => entry.Sequence));
        Assert.Equal([new LedgerTotal(Some.Usdc, 0, kept + 1)], await store.ReadLedgerTotalsAsync(Cancel));
        Assert.Equal((Int128)(-1), await store.ReadBalanceAsync($"payer-{kept}", Some.Usdc, Cancel));
    }

    [Fact]
    public async Task What_was_decided_on_a_write_that_failed_is_never_applied()
    {
        await using var store = await _file.OpenAsync(pagesMax: 80);
        var kept = await FillAsync(store);
        var chain = new DecisionChain();
        var lost = store.CommitAsync(Large("w", kept) with { Chain = chain });
        await Assert.ThrowsAsync<StoreUnavailableException>(() => lost);
        Assert.True(chain.IsBroken);
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("ballast", 1, "small"))).Status);
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("w", kept, "rival"))).Status);

        Assert.Equal(CommitStatus.EarlierCommitFailed, (await store.CommitAsync(Some.Commit("w", kept + 1, "on the lost") with { Chain = chain })).Status);
    }

    private static async Task<long> FillAsync(SqliteAtomicStore store)
    {
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("ballast") with { State = new byte[100_000] })).Status);
        for (var version = 0; ; version++)
        {
            try
            {
                Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Large("w", version))).Status);
            }
            catch (StoreUnavailableException)
            {
                return version;
            }
        }
    }

    private static Commit Large(string key, long version) => Some.Commit(key, version) with
    {
        Account = "acct_1",
        State = new byte[3_000],
        Events = [Some.Event(key, new string('x', 3_000))],
        Transfers = [Some.Transfer($"payer-{version}", "b", 1)],
    };
}
