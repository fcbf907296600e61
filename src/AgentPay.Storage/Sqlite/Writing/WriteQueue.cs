using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Writes that wait, in the order of their calls. Taking what waits, without a timer, is what makes a batch.</summary>
internal sealed class WriteQueue(TimeProvider clock)
{
    private readonly object _gate = new();
    private readonly Queue<IQueuedWrite> _waiting = [];
    private long _lastTicket;
    private long _oldestTaken;
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

    internal void Add(IQueuedWrite write)
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
            if (_waiting.Count == 1)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Waits for the first write and takes all that wait, up to a batch. False: closed, and nothing is left.</summary>
    internal bool Take(List<IQueuedWrite> batch)
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

            while (batch.Count < StoreLimits.BatchCommitsMax && _waiting.TryDequeue(out var write))
            {
                batch.Add(write);
            }

            _oldestTaken = batch[0].QueuedAt;
            return true;
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
