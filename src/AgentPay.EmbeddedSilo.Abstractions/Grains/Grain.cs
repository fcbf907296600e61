using Orleans.Runtime;

namespace Orleans;

/// <summary>The base of grain classes.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    /// <summary>Joins the activation that constructs this object.</summary>
    protected Grain() => GrainContext = RuntimeContext.Current!;

    /// <inheritdoc />
    public IGrainContext GrainContext { get; private set; }

    /// <summary>A reference to this grain, without an interface.</summary>
    public GrainReference GrainReference => GrainContext.GrainReference;

    /// <summary>Gives references to other grains.</summary>
    protected IGrainFactory GrainFactory => GrainContext.Service<IGrainFactory>();

    /// <summary>The services of this activation.</summary>
    protected internal IServiceProvider ServiceProvider => GrainContext.ActivationServices;

    /// <summary>Ends this activation once the calls that run have completed.</summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>Keeps an idle activation for at least that long; a negative time takes the wish back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => ((IActivationControl)GrainContext).DelayDeactivation(timeSpan);

    /// <inheritdoc />
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;
}
