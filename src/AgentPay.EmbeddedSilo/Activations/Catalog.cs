using System.Collections.Concurrent;
using AgentPay.EmbeddedSilo.Calls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Activations;

/// <summary>The activations of this process, at most one a grain.</summary>
internal sealed class Catalog(IServiceProvider services, TimeProvider clock, IOptions<EmbeddedSiloOptions> options, BackgroundWork background, ILogger<SiloHost> logger) : IDisposable
{
    private static readonly TimeSpan TimeoutQuantum = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<GrainId, Activation> activations = new();
    private IIncomingGrainCallFilter[]? filters;
    private ITimer? collection;
    private ITimer? timeouts;

    public int Count => activations.Count;

    public IServiceProvider Services => services;

    public TimeProvider Clock => clock;

    public EmbeddedSiloOptions Options => options.Value;

    public BackgroundWork Background => background;

    public ILogger Logger => logger;

    // Resolved late: a filter may itself ask for the grain factory.
    public IIncomingGrainCallFilter[] Filters => filters ??= [.. services.GetServices<IIncomingGrainCallFilter>()];

    public Activation GetOrCreate(GrainId grainId, GrainClass grainClass, CallRouter router)
        => activations.TryGetValue(grainId, out var found)
            ? found
            // A loser of this race has run nothing: an activation starts with the first call that it accepts.
            : activations.GetOrAdd(grainId, static (id, with) => new Activation(id, with.grainClass, with.catalog, with.router), (grainClass, router, catalog: this));

    public Activation? Find(GrainId grainId) => activations.GetValueOrDefault(grainId);

    public IReadOnlyCollection<Activation> All() => [.. activations.Select(pair => pair.Value)];

    /// <summary>
    /// Those of which this holds, by their names: what happens to several at once happens in the same order in every process, whatever its seed for hashes.
    /// </summary>
    public IReadOnlyList<Activation> InOrder(Func<Activation, bool> which) =>
    [
        .. activations.Select(static pair => pair.Value).Where(which)
            .OrderBy(static activation => activation.GrainId.Type.ToString(), StringComparer.Ordinal)
            .ThenBy(static activation => activation.GrainId.Key.ToString(), StringComparer.Ordinal),
    ];

    public void Remove(Activation activation) => activations.TryRemove(new(activation.GrainId, activation));

    public void Start()
    {
        using (ExecutionContext.SuppressFlow())
        {
            collection = clock.CreateTimer(_ => Collect(), null, Options.CollectionQuantum, Options.CollectionQuantum);
            timeouts = clock.CreateTimer(_ => FailLateCalls(), null, TimeoutQuantum, TimeoutQuantum);
        }
    }

    public void Dispose()
    {
        collection?.Dispose();
        timeouts?.Dispose();
    }

    private void Collect()
    {
        foreach (var activation in InOrder(static activation => activation.IsIdle))
        {
            activation.CollectIfIdle();
        }
    }

    private void FailLateCalls()
    {
        foreach (var activation in InOrder(static activation => activation.HasLateCalls))
        {
            activation.FailLateCalls();
        }
    }
}
