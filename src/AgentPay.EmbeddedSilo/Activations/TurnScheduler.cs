using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Activations;

/// <summary>
/// Runs the turns of one activation one after the other on the thread pool. Also the lock of its activation.
/// </summary>
internal sealed class TurnScheduler(IGrainContext owner) : TaskScheduler, IThreadPoolWorkItem
{
    // A busy grain gives its thread back after so many turns, so that others get theirs.
    private const int TurnsPerSlice = 64;

    private readonly Queue<Task> ready = new();
    private bool scheduled;
    private bool closed;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Drops what is queued and what comes: the activation has vanished.</summary>
    public void Close()
    {
        lock (this)
        {
            closed = true;
            ready.Clear();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        var previous = RuntimeContext.Current;
        RuntimeContext.Current = owner;
        try
        {
            for (var turn = 0; turn < TurnsPerSlice; turn++)
            {
                Task? task;
                lock (this)
                {
                    if (!ready.TryDequeue(out task))
                    {
                        scheduled = false;
                        return;
                    }
                }
                TryExecuteTask(task);
            }
        }
        finally
        {
            RuntimeContext.Current = previous;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    protected override void QueueTask(Task task)
    {
        lock (this)
        {
            if (closed)
            {
                return;
            }
            ready.Enqueue(task);
            if (scheduled)
            {
                return;
            }
            scheduled = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued)
        => !taskWasPreviouslyQueued && ReferenceEquals(RuntimeContext.Current, owner) && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (this)
        {
            return ready.ToArray();
        }
    }
}
