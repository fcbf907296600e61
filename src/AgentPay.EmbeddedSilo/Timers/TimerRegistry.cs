using AgentPay.EmbeddedSilo.Activations;
using Orleans.Runtime;
using Orleans.Timers;

namespace AgentPay.EmbeddedSilo.Timers;

/// <summary>Starts timers on the silo's clock.</summary>
internal sealed class TimerRegistry : ITimerRegistry
{
    public IGrainTimer RegisterGrainTimer<TState>(IGrainContext grainContext, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        if (!ReferenceEquals(RuntimeContext.Current, grainContext))
        {
            throw new InvalidOperationException("A timer is registered in a turn of its own grain only.");
        }
        var timer = new GrainTimer<TState>((Activation)grainContext, callback, state, options);
        timer.Start();
        return timer;
    }
}
