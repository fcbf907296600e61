namespace AgentPay.Chains.Evm;

/// <summary>
/// Leaves a failing node alone: five failures within a minute open it for a while, then one question decides. Counts failures, where Polly's breaker takes a
/// ratio of them. Failures of one moment count once: whatever was under way when the last one was counted tells nothing new. Thread-safe.
/// </summary>
internal sealed class NodeBreaker(TimeSpan openTime, TimeProvider clock)
{
    public const int FailuresMax = 5;
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Queue<long> _failures = new();
    private long _lastFailureAt = long.MinValue;
    private long? _openedAt;

    /// <summary>How long it stays open; zero when it is closed or the question is due.</summary>
    public TimeSpan OpenFor
    {
        get
        {
            lock (_gate)
            {
                return _openedAt is { } at && openTime - clock.GetElapsedTime(at) is { Ticks: > 0 } left ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>True from its opening until an answer closes it.</summary>
    public bool IsTripped
    {
        get
        {
            lock (_gate)
            {
                return _openedAt is not null;
            }
        }
    }

    /// <summary>Counts a request that failed. True when this opens it.</summary>
    /// <param name="startedAt">The clock's timestamp when the request was sent.</param>
    public bool Fail(long startedAt)
    {
        lock (_gate)
        {
            if (startedAt < _lastFailureAt || (_openedAt is { } at && startedAt < at))
            {
                return false;
            }

            _lastFailureAt = clock.GetTimestamp();
            _failures.Enqueue(_lastFailureAt);
            while (clock.GetElapsedTime(_failures.Peek()) > Window)
            {
                _failures.Dequeue();
            }

            if (_openedAt is null && _failures.Count < FailuresMax)
            {
                return false;
            }

            return OpenNow();
        }
    }

    /// <summary>Opens it whatever was counted. True when it was closed.</summary>
    public bool Trip()
    {
        lock (_gate)
        {
            return OpenNow();
        }
    }

    /// <summary>The question was answered. True when this closes it.</summary>
    public bool Close()
    {
        lock (_gate)
        {
            if (_openedAt is not { } at || clock.GetElapsedTime(at) < openTime)
            {
                return false;
            }

            _openedAt = null;
            _failures.Clear();
            return true;
        }
    }

    private bool OpenNow()
    {
        var isNew = _openedAt is null;
        _openedAt = clock.GetTimestamp();
        return isNew;
    }
}
