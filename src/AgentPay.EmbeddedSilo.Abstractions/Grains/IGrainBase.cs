using Orleans.Runtime;

namespace Orleans;

/// <summary>What every grain class implements.</summary>
public interface IGrainBase
{
    /// <summary>The activation this instance belongs to.</summary>
    IGrainContext GrainContext { get; }

    /// <summary>Runs before the first call. A failure fails the waiting calls, and the next call activates anew.</summary>
    Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

    /// <summary>Runs after the last call, when the activation ends in good order; not after a crash.</summary>
    Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
}
