using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Writing;

/// <summary>Writes that wait, in the order of their calls. Taking what waits, without a timer, is what makes a batch.</summary>
internal sealed class WriteQueue<TWrite>(TimeProvider clock)
    where TWrite : class, IQueuedWrite
{
    private const int GatherMilliseconds = 1;

    private readonly object _gate = new();
    private readonly Queue<TWrite> _waiting = [];
    private long _lastTicket;
    private long _oldestTaken;
    private bool _gathering;
    private bool _closed;

    /// <summary>The ticket of the newest write.</summary>
    internal long LastTicket
    {
        get
        {
            lock (_gate)
            {
                return _lastTicket;
            }
        }
    }

    internal TimeSpan Lag
    {
        get
        {
            lock (_gate)
            {
                var oldest = _oldestTaken != 0 ? _oldestTaken : _waiting.TryPeek(out var first) ? first.QueuedAt : 0;
                return oldest == 0 ? TimeSpan.Zero : clock.GetElapsedTime(oldest);
            }
        }
    }

    internal void Add(TWrite write)
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new StoreUnavailableException("The store is closed.");
            }

            write.Ticket = ++_lastTicket;
            write.QueuedAt = clock.GetTimestamp();
            _waiting.Enqueue(write);
            if (_waiting.Count == 1 && !_gathering)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>
    /// Waits for the first write and takes all that wait, up to a batch. False: closed, and nothing is left.
    /// A write that comes after one of another queue is taken only when that is through, or as the first, for which the caller waits:
    /// what was called earlier is never behind it, so two queues cannot wait for each other.
    /// </summary>
    internal bool Take(List<TWrite> batch)
    {
        lock (_gate)
        {
            _oldestTaken = 0;
            while (_waiting.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                _ = Monitor.Wait(_gate);
            }

            while (batch.Count < StoreLimits.BatchCommitsMax && _waiting.TryPeek(out var write)
                && (batch.Count == 0 || write.After is not { IsCompleted: false }))
            {
                batch.Add(_waiting.Dequeue());
            }

            _oldestTaken = batch[0].QueuedAt;
            return true;
        }
    }

    /// <summary>
    /// Waits until the thread pool has begun with what it was given so far: whoever was just told of his write may have the next one by then, and
    /// goes along. At most for a millisecond, for the pool may have more to do.
    /// </summary>
    internal void Gather()
    {
        lock (_gate)
        {
            _gathering = true;
            _ = ThreadPool.UnsafeQueueUserWorkItem(static queue => queue.Gathered(), this, preferLocal: false);
            if (_gathering)
            {
                _ = Monitor.Wait(_gate, GatherMilliseconds);
            }

            _gathering = false;
        }
    }

    private void Gathered()
    {
        lock (_gate)
        {
            if (_gathering)
            {
                _gathering = false;
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Takes no more; what waits is still written.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }
    }
}
