using AgentPay.EmbeddedSilo.Activations;
using AgentPay.EmbeddedSilo.Calls;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Timers;

/// <summary>A timer of one activation: each tick is queued like a call, the next one is counted from the end of a tick.</summary>
internal abstract class GrainTimer : IGrainTimer
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopped = new();
    private readonly Activation activation;
    private readonly GrainTimerCreationOptions options;
    private readonly ITimer timer;
    private TimeSpan nextDue;
    private TimeSpan period;
    private bool ticking;
    private bool changed;

    protected GrainTimer(Activation activation, GrainTimerCreationOptions options)
    {
        this.activation = activation;
        this.options = options;
        Check(options.DueTime, nameof(options));
        Check(options.Period, nameof(options));
        period = options.Period;
        // The tick must not inherit the trace of the call that registered the timer.
        using (ExecutionContext.SuppressFlow())
        {
            timer = activation.Catalog.Clock.CreateTimer(static state => ((GrainTimer)state!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Start()
    {
        activation.Add(this);
        timer.Change(options.DueTime, Timeout.InfiniteTimeSpan);
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, nameof(dueTime));
        Check(period, nameof(period));
        lock (gate)
        {
            this.period = period;
            if (ticking)
            {
                nextDue = dueTime;
                changed = true;
                return;
            }
        }
        timer.Change(dueTime, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        timer.Dispose();
        stopped.Cancel();
        activation.Remove(this);
    }

    protected abstract Task TickAsync(CancellationToken cancellationToken);

    private static void Check(TimeSpan time, string name)
    {
        if (time != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, name);
        }
    }

    private void Fire()
    {
        lock (gate)
        {
            ticking = true;
            changed = false;
        }
        var tick = new Tick(this);
        activation.Catalog.Background.Enter();
        tick.Prepare();
        if (!activation.TryAccept(tick))
        {
            activation.Catalog.Background.Exit();
        }
    }

    private void Ticked()
    {
        TimeSpan next;
        lock (gate)
        {
            ticking = false;
            next = changed ? nextDue : period;
        }
        if (!stopped.IsCancellationRequested)
        {
            timer.Change(next, Timeout.InfiniteTimeSpan);
        }
        activation.Catalog.Background.Exit();
    }

    private sealed class Tick(GrainTimer timer) : Call
    {
        private bool settled;

        public override CallMethod Method => throw new NotSupportedException("A tick is no call of an interface.");

        public override bool Interleaves => timer.options.Interleave;

        public override bool KeepsAlive => timer.options.KeepAlive;

        public override bool PassesFilters => false;

        public override bool CanMove => false;

        public override Task Start(object grain) => timer.stopped.IsCancellationRequested ? Task.CompletedTask : timer.TickAsync(timer.stopped.Token);

        public override object? ResultOf(Task completed) => null;

        public override void Answer(Task completed) => Settle();

        public override void Answer(object? result) => Settle();

        public override void Fail(Exception exception)
        {
            if (!timer.stopped.IsCancellationRequested)
            {
                timer.activation.Catalog.Logger.TimerFailed(timer.activation.GrainId, exception);
            }
            Settle();
        }

        // A tick that was under way when its activation was lost ends twice.
        private void Settle()
        {
            if (!Interlocked.Exchange(ref settled, true))
            {
                timer.Ticked();
            }
        }
    }
}

/// <summary>A timer with the state that its callback gets.</summary>
internal sealed class GrainTimer<TState>(Activation activation, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    : GrainTimer(activation, options)
{
    protected override Task TickAsync(CancellationToken cancellationToken) => callback(state, cancellationToken);
}
