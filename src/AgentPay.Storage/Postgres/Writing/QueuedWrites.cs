using AgentPay.Storage.Contract;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>A write that is planned, perhaps more than once, before it is carried out with its batch.</summary>
internal interface IPlannedWrite : IQueuedWrite
{
    /// <summary>Held until the write is answered.</summary>
    WriterLane Lane { get; set; }

    void Plan(BatchPlan plan);
}

internal sealed class QueuedCommit(Commit commit, Task? after) : TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously), IPlannedWrite
{
    private CommitResult _result;

    public long Ticket { get; set; }

    public long QueuedAt { get; set; }

    public WriterLane Lane { get; set; }

    public Task? After => after;

    public Commit Commit => commit;

    public void Plan(BatchPlan plan) => _result = plan.Add(commit, Ticket);

    public void Complete()
    {
        Lane.Leave();
        SetResult(_result);
    }

    public void Fail(StoreUnavailableException reason)
    {
        commit.Chain?.Break();
        Lane.Leave();
        SetException(reason);
    }
}

/// <summary>A write that is no decision: it removes what nothing waits for any more, or keeps a reminder.</summary>
internal sealed class QueuedStatement(Action<BatchPlan> plan) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IPlannedWrite
{
    public long Ticket { get; set; }

    public long QueuedAt { get; set; }

    public WriterLane Lane { get; set; }

    public void Plan(BatchPlan batch) => plan(batch);

    public void Complete()
    {
        Lane.Leave();
        SetResult();
    }

    public void Fail(StoreUnavailableException reason)
    {
        Lane.Leave();
        SetException(reason);
    }
}
