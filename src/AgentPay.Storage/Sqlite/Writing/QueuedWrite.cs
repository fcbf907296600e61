using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>A write that waits for its batch. It is applied inside the transaction and answered after it.</summary>
internal interface IQueuedWrite
{
    /// <summary>Place in the queue, from 1; given under the queue's lock.</summary>
    long Ticket { get; set; }

    /// <summary><see cref="TimeProvider.GetTimestamp"/> when it was queued.</summary>
    long QueuedAt { get; set; }

    void Apply(BatchWriter writer);

    void Complete();

    void Fail(StoreUnavailableException reason);
}

internal sealed class QueuedCommit(Commit commit) : TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously), IQueuedWrite
{
    private CommitResult _result;

    public long Ticket { get; set; }

    public long QueuedAt { get; set; }

    public void Apply(BatchWriter writer) => _result = writer.Apply(commit, Ticket);

    public void Complete() => SetResult(_result);

    public void Fail(StoreUnavailableException reason)
    {
        commit.Chain?.Break();
        SetException(reason);
    }

    internal GrainRef Grain => commit.Grain;

    internal long ExpectedVersion => commit.ExpectedVersion;

    internal bool HasChain => commit.Chain is not null;
}

/// <summary>A write that is no decision: it removes what nothing waits for any more, or keeps a reminder.</summary>
internal sealed class QueuedStatement(Action<BatchWriter> apply) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IQueuedWrite
{
    public long Ticket { get; set; }

    public long QueuedAt { get; set; }

    public void Apply(BatchWriter writer) => apply(writer);

    public void Complete() => SetResult();

    public void Fail(StoreUnavailableException reason) => SetException(reason);
}
