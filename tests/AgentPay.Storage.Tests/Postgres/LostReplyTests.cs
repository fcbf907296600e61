using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Storage.Tests.Postgres;

public sealed class LostReplyTests(PrivatePostgres postgres) : IAsyncLifetime
{
    private string _schema = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _schema = await postgres.AddSchemaAsync();

    public async ValueTask DisposeAsync() => await postgres.DropSchemaAsync(_schema);

    [Theory]
    [InlineData(Cut.AfterCommitIsDone, 1)]
    [InlineData(Cut.BeforeCommitArrives, 2)]
    [InlineData(Cut.BeforeCommitArrivesAndTheServerHangs, 2)]
    public async Task A_batch_whose_reply_is_lost_is_written_once_and_told_as_it_is(Cut cut, int commits)
    {
        await using var proxy = new CuttingProxy(postgres.Port, cut);
        await using var store = await PostgresAtomicStore.OpenAsync(
            new PostgresStoreOptions { ConnectionString = proxy.Via(_schema), Writers = 1 }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);
        proxy.Arm();

        var result = await store.CommitAsync(Some.Commit("w") with
        {
            Account = "acct_1",
            Events = [Some.Event("w")],
            Transfers = [Some.Transfer("a", "b", 3)],
            Messages = [Some.Message("x")],
            Answer = Some.Answer("k"),
        });

        Assert.Equal(new CommitResult(CommitStatus.Committed, 1), result);
        Assert.Equal(commits, proxy.Commits);
        Assert.Equal([1L], (await store.ReadEventsAsync("acct_1", 0, 9, Cancel)).Select(entry => entry.Sequence));
        Assert.Equal((Int128)3, await store.ReadBalanceAsync("b", Some.Usdc, Cancel));
        Assert.Single(await store.ReadWaitingMessagesAsync(Some.Now, 9, Cancel));
        Assert.Equal(new CommitResult(CommitStatus.Committed, 2), await store.CommitAsync(Some.Commit("w", 1)));
        Assert.Null(store.LastWriteFailure);
    }

    [Fact]
    public async Task A_loser_in_a_batch_whose_reply_is_lost_is_told_that_it_lost()
    {
        await using var proxy = new CuttingProxy(postgres.Port, Cut.AfterCommitIsDone);
        await using var store = await PostgresAtomicStore.OpenAsync(
            new PostgresStoreOptions { ConnectionString = proxy.Via(_schema), Writers = 1 }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);
        proxy.Arm();
        var chain = new DecisionChain();

        var results = await Task.WhenAll(
            store.CommitAsync(Some.Commit("w")), store.CommitAsync(Some.Commit("w") with { Chain = chain }), store.CommitAsync(Some.Commit("v")));

        Assert.Equal([CommitStatus.Committed, CommitStatus.VersionConflict, CommitStatus.Committed], results.Select(result => result.Status));
        Assert.True(chain.IsBroken);
    }
}
