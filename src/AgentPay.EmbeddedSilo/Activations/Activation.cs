using AgentPay.EmbeddedSilo.Calls;
using AgentPay.EmbeddedSilo.Timers;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Activations;

/// <summary>
/// One grain in memory: decides which call may start when, and begins and ends the grain object. Everything the grain does is a
/// turn of its scheduler; the decisions here are taken under the scheduler's lock, on any thread.
/// </summary>
internal sealed partial class Activation : IGrainContext, IActivationControl
{
    private readonly TurnScheduler turns;
    private readonly GrainClass grainClass;
    private readonly Catalog catalog;
    private readonly CallRouter router;

    private Phase phase;
    private bool ending;
    private int exclusive;
    private Call? running;
    private Queue<Call>? waiting;
    private long lastUsed;
    private long keepUntil;
    private List<GrainTimer>? timers;
    private GrainLifecycle? lifecycle;
    private IServiceScope? scope;
    private TaskCompletionSource? deactivated;

    public Activation(GrainId grainId, GrainClass grainClass, Catalog catalog, CallRouter router)
    {
        GrainId = grainId;
        this.grainClass = grainClass;
        this.catalog = catalog;
        this.router = router;
        turns = new TurnScheduler(this);
    }

    private enum Phase : byte
    {
        Empty,
        Starting,
        Active,
        Ending,
        Ended,
    }

    public GrainId GrainId { get; }

    public GrainReference GrainReference => router.GetReference(GrainId);

    public object? GrainInstance { get; private set; }

    public IServiceProvider ActivationServices => (scope ??= catalog.Services.CreateScope()).ServiceProvider;

    public IGrainLifecycle ObservableLifecycle => lifecycle ??= new GrainLifecycle();

    public TaskScheduler Turns => turns;

    public Catalog Catalog => catalog;

    public IIncomingGrainCallFilter[] Filters => catalog.Filters;

    public bool HasFilters => grainClass.FiltersItself || Filters.Length > 0;

    /// <summary>Nothing used it for the collection age.</summary>
    public bool IsIdle
    {
        get
        {
            lock (turns)
            {
                var now = catalog.Clock.GetTimestamp();
                return phase == Phase.Active && !ending && running is null && now - lastUsed >= Ticks(catalog.Options.CollectionAge) && now >= keepUntil;
            }
        }
    }

    /// <summary>Some caller waits too long.</summary>
    public bool HasLateCalls
    {
        get
        {
            if (Volatile.Read(ref running) is null && Volatile.Read(ref waiting) is null)
            {
                return false;
            }
            lock (turns)
            {
                return LateCalls().Any();
            }
        }
    }

    public Task Deactivated
    {
        get
        {
            lock (turns)
            {
                return phase == Phase.Ended
                    ? Task.CompletedTask
                    : (deactivated ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
    }

    /// <summary>Starts the call, or keeps it until it may start. False: this activation has ended and another must take the call.</summary>
    public bool TryAccept(Call call)
    {
        lock (turns)
        {
            if (phase == Phase.Ended)
            {
                return false;
            }
            call.Activation = this;
            if (phase == Phase.Active && !ending && MayStart(call))
            {
                Begin(call);
                return true;
            }
            (waiting ??= new()).Enqueue(call);
            if (phase == Phase.Empty)
            {
                phase = Phase.Starting;
                RunAsTurn(StartAsync);
            }
            return true;
        }
    }

    /// <summary>The call's work is done; what waited for it may start.</summary>
    public void Completed(Call call)
    {
        lock (turns)
        {
            if (!Unlink(call))
            {
                return;
            }
            if (call.KeepsAlive)
            {
                lastUsed = catalog.Clock.GetTimestamp();
            }
            if (ending)
            {
                EndWhenFree();
                return;
            }
            while (waiting is not null && waiting.TryPeek(out var next) && MayStart(next))
            {
                Begin(waiting.Dequeue());
            }
        }
    }

    public void DelayDeactivation(TimeSpan timeSpan)
    {
        lock (turns)
        {
            keepUntil = timeSpan < TimeSpan.Zero || timeSpan == Timeout.InfiniteTimeSpan
                ? 0
                : catalog.Clock.GetTimestamp() + Ticks(timeSpan);
        }
    }

    /// <summary>Ends the activation if nothing used it for the collection age.</summary>
    public void CollectIfIdle()
    {
        lock (turns)
        {
            if (IsIdle)
            {
                catalog.Background.Enter();
                _ = Deactivated.ContinueWith(static (_, work) => ((BackgroundWork)work!).Exit(), catalog.Background, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, "No call came for the collection age."));
            }
        }
    }

    /// <summary>Tells callers that wait too long; their calls may have started, so the outcome is unknown to them.</summary>
    public void FailLateCalls()
    {
        var late = new List<Call>();
        lock (turns)
        {
            late.AddRange(LateCalls());
            // What has not started by now never starts.
            waiting = waiting is null ? null : new Queue<Call>(waiting.Except(late));
        }
        foreach (var call in late)
        {
            call.SentAt = 0;
            call.Fail(new TimeoutException($"{call.Method} of {GrainId} did not answer within {catalog.Options.ResponseTimeout}; whether it ran is unknown."));
        }
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => GrainId.GetHashCode();

    public override string ToString() => GrainId.ToString();

    private bool MayStart(Call call) => exclusive == 0 || grainClass.IsReentrant || call.Interleaves;

    private void Begin(Call call)
    {
        if (!call.Interleaves)
        {
            exclusive++;
        }
        call.Next = running;
        if (running is not null)
        {
            running.Previous = call;
        }
        running = call;
        call.Schedule(turns);
    }

    private bool Unlink(Call call)
    {
        if (call.Previous is null && !ReferenceEquals(running, call))
        {
            return false;
        }
        if (call.Previous is not null)
        {
            call.Previous.Next = call.Next;
        }
        else
        {
            running = call.Next;
        }
        if (call.Next is not null)
        {
            call.Next.Previous = call.Previous;
        }
        call.Previous = call.Next = null;
        if (!call.Interleaves)
        {
            exclusive--;
        }
        return true;
    }

    private IEnumerable<Call> Running()
    {
        for (var call = running; call is not null; call = call.Next)
        {
            yield return call;
        }
    }

    private IEnumerable<Call> LateCalls()
    {
        var sentBefore = catalog.Clock.GetTimestamp() - Ticks(catalog.Options.ResponseTimeout);
        return Running().Concat(waiting ?? []).Where(call => call.SentAt != 0 && call.SentAt <= sentBefore);
    }

    private long Ticks(TimeSpan time) => (long)((Int128)time.Ticks * catalog.Clock.TimestampFrequency / TimeSpan.TicksPerSecond);

    private void RunAsTurn(Func<Task> action)
        => _ = Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.DenyChildAttach, turns);
}
