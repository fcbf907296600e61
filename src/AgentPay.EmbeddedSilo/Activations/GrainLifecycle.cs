using Orleans;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Activations;

/// <summary>The stages that parts of one grain joined.</summary>
internal sealed class GrainLifecycle : IGrainLifecycle
{
    private readonly List<Subscription> subscriptions = [];
    private int? reached;

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var subscription = new Subscription(this, stage, observer);
        subscriptions.Add(subscription);
        return subscription;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var stage in subscriptions.GroupBy(each => each.Stage).OrderBy(group => group.Key).ToArray())
        {
            reached = stage.Key;
            await Task.WhenAll(stage.Select(each => each.Observer.OnStart(cancellationToken)));
        }
    }

    /// <summary>Stops what was started, the failed stage included.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (reached is not { } last)
        {
            return;
        }
        foreach (var stage in subscriptions.Where(each => each.Stage <= last).GroupBy(each => each.Stage).OrderByDescending(group => group.Key).ToArray())
        {
            await Task.WhenAll(stage.Select(each => each.Observer.OnStop(cancellationToken)));
        }
    }

    private sealed class Subscription(GrainLifecycle lifecycle, int stage, ILifecycleObserver observer) : IDisposable
    {
        public int Stage => stage;

        public ILifecycleObserver Observer => observer;

        public void Dispose() => lifecycle.subscriptions.Remove(this);
    }
}
