using AgentPay.Storage.Contract;
using AgentPay.Storage.Tests.Contract;

namespace AgentPay.Storage.Tests.Memory;

/// <summary>A batch in memory fails as one on a full disk does.</summary>
public sealed class FailingBatchTests
{
    private static readonly MessageId _message = new(Some.Grain("sender"), 1, 0);

    [Fact]
    public async Task Of_a_batch_that_fails_nothing_is_written_and_what_was_decided_on_it_fails_too()
    {
        var (said, chain, left) = (new CommitFate(), new DecisionChain(), 1);
        await using var store = new MemoryAtomicStore(new MemoryRows(), new Pace(1, bits: 0)) { FailsBatch = () => left-- > 0 };

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(Some.Commit("sender") with { Messages = [Some.Message("receiver")], Fate = said, Chain = chain }));
        var next = await store.CommitAsync(Some.Commit("sender", 1) with { Chain = chain });
        var sent = await store.CommitAsync(Some.Commit("sender") with { Messages = [Some.Message("receiver")] });
        var follower = await store.CommitAsync(Some.Commit("receiver") with { Consumes = _message, Follows = said });

        Assert.Equal([CommitStatus.EarlierCommitFailed, CommitStatus.Committed, CommitStatus.MessageGone], [next.Status, sent.Status, follower.Status]);
    }
}
