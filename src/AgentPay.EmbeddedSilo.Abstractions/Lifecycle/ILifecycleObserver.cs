namespace Orleans;

/// <summary>Takes part in a stage of a lifecycle.</summary>
public interface ILifecycleObserver
{
    /// <summary>Runs on the way up, stages ascending.</summary>
    Task OnStart(CancellationToken cancellationToken = default);

    /// <summary>Runs on the way down, stages descending.</summary>
    Task OnStop(CancellationToken cancellationToken = default);
}
