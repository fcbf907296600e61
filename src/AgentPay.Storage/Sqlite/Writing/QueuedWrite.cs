using AgentPay.Storage.Contract;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>A write that is applied inside the open transaction.</summary>
internal interface IAppliedWrite : IQueuedWrite
{
    void Apply(BatchWriter writer);
}

internal sealed class QueuedCommit(Commit commit) : TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously), IAppliedWrite
{
    private CommitResult _result;

    public long Ticket { get; set; }

    public long QueuedAt { get; set; }

    public Commit Commit => commit;

    public void Apply(BatchWriter writer) => _result = writer.Apply(commit, Ticket);

    public void Complete() => SetResult(_result);

    public void Fail(StoreUnavailableException reason)
    {
        commit.Chain?.Break();
        commit.Fate?.Decide(isApplied: false);
        SetException(reason);
    }
}

/// <summary>A write that is no decision: it removes what nothing waits for any more, or keeps a reminder.</summary>
internal sealed class QueuedStatement(Action<BatchWriter> apply) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IAppliedWrite
{
    public long Ticket { get; set; }

    public long QueuedAt { get; set; }

    public void Apply(BatchWriter writer) => apply(writer);

    public void Complete() => SetResult();

    public void Fail(StoreUnavailableException reason) => SetException(reason);
}
