using AgentPay.Storage.Contract;
using AgentPay.Storage.Tests.Contract;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>A decision on a message whose commit was not durable yet: it stands and falls with that commit.</summary>
public sealed class FollowedCommitTests : IDisposable
{
    private static readonly MessageId _message = new(Some.Grain("sender"), 1, 0);

    private readonly TemporaryStore _file = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task A_store_of_one_writer_applies_commits_in_the_order_of_the_calls()
    {
        await using var store = await _file.OpenAsync();
        Assert.True(store.AppliesInOrder);
        var said = new CommitFate();
        var results = await Task.WhenAll(
            store.CommitAsync(Says("one") with { Fate = said }), store.CommitAsync(Some.Commit("receiver") with { Consumes = _message, Follows = said }));
        Assert.Equal([CommitStatus.Committed, CommitStatus.Committed], results.Select(result => result.Status));
        Assert.True(said.IsApplied);
        Assert.Empty(await store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel));
    }

    [Fact]
    public async Task What_follows_a_commit_that_lost_does_not_consume_the_message_of_the_same_name_that_comes_after_it()
    {
        await using var store = await _file.OpenAsync();
        var lost = new CommitFate();
        var results = await Task.WhenAll(
            store.CommitAsync(Says("lost") with { ExpectedVersion = 7, Fate = lost }),
            store.CommitAsync(Says("sent")),
            store.CommitAsync(Some.Commit("receiver") with { Consumes = _message, Follows = lost }));
        Assert.Equal([CommitStatus.VersionConflict, CommitStatus.Committed, CommitStatus.MessageGone], results.Select(result => result.Status));
        Assert.Equal("sent", Some.Text((await store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel)).Single().Body));
    }

    [Fact]
    public async Task What_follows_a_commit_whose_batch_failed_fails_with_it()
    {
        await using var store = await _file.OpenGatheringAsync(changes: 1, pagesMax: 100);
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("other"))).Status);
        var said = new CommitFate();
        var tooLarge = store.CommitAsync(Says("lost") with { State = new byte[StoreLimits.StateBytesMax], Fate = said });
        var follower = store.CommitAsync(Some.Commit("receiver") with { Consumes = _message, Follows = said });
        await Assert.ThrowsAsync<StoreUnavailableException>(() => tooLarge);
        await Task.WhenAny(follower);
        Assert.False(said.IsApplied);
        Assert.Null(await store.ReadAsync(Some.Grain("receiver"), Cancel));
    }

    private static Commit Says(string body) => Some.Commit("sender") with { Messages = [Some.Message("receiver", body)] };
}
