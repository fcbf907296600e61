namespace Orleans;

/// <summary>A sequence of stages that observers join.</summary>
public interface ILifecycleObservable
{
    /// <summary>Joins a stage, until the result is disposed.</summary>
    IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer);
}
