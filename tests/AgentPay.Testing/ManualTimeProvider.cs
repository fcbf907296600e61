namespace AgentPay.Testing;

/// <summary>A clock that stands still until a test moves it. Timers fire in order of their due times, on the thread that moves it.</summary>
public sealed class ManualTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<(ManualTimer Timer, long Setting), (DateTimeOffset Due, long Order)> queue = new();
    private DateTimeOffset now = start;
    private TimeSpan setBack;
    private long order;

    public ManualTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return now - setBack;
        }
    }

    // Not zero at the start, so that no code mistakes the first instant for an unset field.
    public override long GetTimestamp() => (GetUtcNow() + setBack).Ticks;

    /// <summary>Somebody corrects the time of day; timers and timestamps go on as they were.</summary>
    public void SetBack(TimeSpan time)
    {
        lock (gate)
        {
            setBack += time;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock, firing every timer at its own instant on the way.</summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        var target = GetUtcNow() + time;
        while (AdvanceToNextTimer(target))
        {
        }
    }

    /// <summary>Moves the clock to the next timer until <paramref name="target"/> and fires it. False when there is none: the clock is then at the target.</summary>
    public bool AdvanceToNextTimer(DateTimeOffset target)
    {
        ManualTimer timer;
        lock (gate)
        {
            var end = target + setBack;
            if (!queue.TryPeek(out var next, out var at) || at.Due > end)
            {
                now = end > now ? end : now;
                return false;
            }
            queue.Dequeue();
            now = at.Due > now ? at.Due : now;
            if (!next.Timer.IsSet(next.Setting))
            {
                return true;
            }
            timer = next.Timer;
            timer.SetNext();
        }
        timer.Fire();
        return true;
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private long setting;
        private TimeSpan period;
        private bool disposed;

        public bool IsSet(long setting) => !disposed && this.setting == setting;

        public void SetNext()
        {
            setting++;
            if (period > TimeSpan.Zero)
            {
                Enqueue(period);
            }
        }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                if (disposed)
                {
                    return false;
                }
                setting++;
                this.period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Enqueue(dueTime);
                }
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock.gate)
            {
                disposed = true;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Enqueue(TimeSpan dueTime) => clock.queue.Enqueue((this, setting), (clock.now + dueTime, clock.order++));
    }
}
