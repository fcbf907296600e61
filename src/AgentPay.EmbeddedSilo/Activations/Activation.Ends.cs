using AgentPay.EmbeddedSilo.Calls;
using AgentPay.EmbeddedSilo.Timers;
using Orleans;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Activations;

/// <content>How an activation starts and ends.</content>
internal sealed partial class Activation
{
    private DeactivationReason reason;

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (turns)
        {
            if (ending || phase is Phase.Ending or Phase.Ended)
            {
                return;
            }
            ending = true;
            reason = deactivationReason;
            EndWhenFree();
        }
    }

    /// <summary>Lets the activation vanish, as when the process is killed: no turn of it runs any more. A turn under way runs to its next await.</summary>
    public void Abandon()
    {
        var lost = new List<Call>();
        lock (turns)
        {
            if (phase == Phase.Ended)
            {
                return;
            }
            turns.Close();
            lost.AddRange(Running());
            running = null;
            lost.AddRange(TakeWaiting());
        }
        StopTimers();
        Ended();
        foreach (var call in lost)
        {
            call.Fail(new SiloUnavailableException($"The activation of {GrainId} was lost; whether the call ran is unknown."));
        }
    }

    public void Add(GrainTimer timer)
    {
        lock (turns)
        {
            if (ending || phase == Phase.Ended)
            {
                throw new InvalidOperationException($"The activation of {GrainId} ends and starts no more timers.");
            }
            (timers ??= []).Add(timer);
        }
    }

    public void Remove(GrainTimer timer)
    {
        lock (turns)
        {
            timers?.Remove(timer);
        }
    }

    private async Task StartAsync()
    {
        try
        {
            var instance = grainClass.Construct(this);
            GrainInstance = instance;
            (instance as ILifecycleParticipant<IGrainLifecycle>)?.Participate(ObservableLifecycle);
            if (lifecycle is not null)
            {
                await lifecycle.StartAsync(CancellationToken.None);
            }
            await ((IGrainBase)instance).OnActivateAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            await EndFailedStartAsync(exception);
            return;
        }
        lock (turns)
        {
            if (phase == Phase.Ended)
            {
                return;
            }
            phase = Phase.Active;
            lastUsed = catalog.Clock.GetTimestamp();
            if (ending)
            {
                EndWhenFree();
                return;
            }
            foreach (var call in TakeWaiting())
            {
                // In order; what may not start yet waits on, while interleaving calls pass it.
                if (MayStart(call))
                {
                    Begin(call);
                }
                else
                {
                    (waiting ??= new()).Enqueue(call);
                }
            }
        }
    }

    private async Task EndFailedStartAsync(Exception failure)
    {
        catalog.Logger.ActivationFailed(GrainId, failure);
        StopTimers();
        await CleanUpAsync(CancellationToken.None);
        foreach (var call in Ended())
        {
            call.Fail(failure);
        }
    }

    private void EndWhenFree()
    {
        if (phase == Phase.Active && running is null)
        {
            phase = Phase.Ending;
            RunAsTurn(EndAsync);
        }
    }

    private async Task EndAsync()
    {
        StopTimers();
        using var deadline = new CancellationTokenSource(catalog.Options.DeactivationTimeout, catalog.Clock);
        try
        {
            await ((IGrainBase)GrainInstance!).OnDeactivateAsync(reason, deadline.Token);
        }
        catch (Exception exception)
        {
            // The activation ends whatever happens: what the grain failed to do here it must do when it is activated again.
            catalog.Logger.DeactivationFailed(GrainId, exception);
        }
        await CleanUpAsync(deadline.Token);
        foreach (var call in Ended())
        {
            router.Forward(call);
        }
    }

    private async Task CleanUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (lifecycle is not null)
            {
                await lifecycle.StopAsync(cancellationToken);
            }
            if (GrainInstance is IAsyncDisposable asyncDisposable)
            {
                await asyncDisposable.DisposeAsync();
            }
            else
            {
                (GrainInstance as IDisposable)?.Dispose();
            }
            if (scope is IAsyncDisposable asyncScope)
            {
                await asyncScope.DisposeAsync();
            }
            else
            {
                scope?.Dispose();
            }
        }
        catch (Exception exception)
        {
            // As above: nothing may keep the activation from ending.
            catalog.Logger.DeactivationFailed(GrainId, exception);
        }
    }

    private void StopTimers()
    {
        GrainTimer[] stopped;
        lock (turns)
        {
            ending = true;
            stopped = timers?.ToArray() ?? [];
            timers = null;
        }
        foreach (var timer in stopped)
        {
            timer.Dispose();
        }
    }

    /// <summary>Gives the grain's place free, and returns the calls that waited.</summary>
    private Call[] Ended()
    {
        Call[] left;
        TaskCompletionSource? told;
        lock (turns)
        {
            phase = Phase.Ended;
            left = TakeWaiting();
            told = deactivated;
        }
        catalog.Remove(this);
        told?.TrySetResult();
        return left;
    }

    private Call[] TakeWaiting()
    {
        var taken = waiting?.ToArray() ?? [];
        waiting = null;
        return taken;
    }
}
