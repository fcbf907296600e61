namespace Orleans;

/// <summary>Joins a lifecycle by itself: a grain class that implements it is asked before its activation starts.</summary>
public interface ILifecycleParticipant<TLifecycleObservable>
    where TLifecycleObservable : ILifecycleObservable
{
    /// <summary>Subscribes to stages.</summary>
    void Participate(TLifecycleObservable lifecycle);
}
