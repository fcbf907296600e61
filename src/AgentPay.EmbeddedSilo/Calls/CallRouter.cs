using System.Collections.Concurrent;
using AgentPay.EmbeddedSilo.Activations;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Calls;

/// <summary>Makes references, and brings calls to the activation of the grain they name.</summary>
internal sealed class CallRouter(GrainClasses classes, Catalog catalog, TimeProvider clock, IServiceProvider services) : IGrainFactory, IReferenceSource
{
    // A grain that ends its activation in every call would otherwise pass a waiting call on for ever.
    private const int ForwardsMax = 16;

    private readonly ConcurrentDictionary<Type, GrainType> typesByInterface = new();
    private IOutgoingGrainCallFilter[]? outgoingFilters;
    private volatile bool refusesClients;
    private volatile bool refusesAll;

    // Resolved late: a filter may itself ask for the grain factory.
    private IOutgoingGrainCallFilter[] OutgoingFilters => outgoingFilters ??= [.. services.GetServices<IOutgoingGrainCallFilter>()];

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(primaryKey);
        var type = grainClassNamePrefix is null
            ? typesByInterface.GetOrAdd(typeof(TGrainInterface), classes.TypeOf)
            : classes.TypeOf(typeof(TGrainInterface), grainClassNamePrefix);
        return (TGrainInterface)(object)GetReference(typeof(TGrainInterface), new GrainId(type, IdSpan.Create(primaryKey)));
    }

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable
        => (TGrainInterface)(object)GetReference(typeof(TGrainInterface), grainId);

    public GrainReference GetReference(Type interfaceType, GrainId grainId)
        => grainId.IsDefault ? throw new ArgumentException("The grain id is empty.", nameof(grainId)) : ProxyEmitter.FactoryOf(interfaceType)(grainId, this);

    public GrainReference GetReference(GrainId grainId) => new UntypedProxy(grainId, this);

    public Task Send(GrainProxy target, VoidCall call)
    {
        call.From(target, RuntimeContext.Current);
        if (OutgoingFilters.Length > 0)
        {
            return new OutgoingCall(call, OutgoingFilters, () => DispatchAsync(call, call.Task)).RunAsync();
        }
        Dispatch(call);
        return call.Task;
    }

    public Task<TResult> Send<TResult>(GrainProxy target, Call<TResult> call)
    {
        call.From(target, RuntimeContext.Current);
        if (OutgoingFilters.Length > 0)
        {
            return new OutgoingCall(call, OutgoingFilters, () => DispatchAsync(call, call.Task)).RunAsync<TResult>();
        }
        Dispatch(call);
        return call.Task;
    }

    /// <summary>Refuses calls that do not come from a grain; what runs may still call other grains.</summary>
    public void RefuseClients() => refusesClients = true;

    public void RefuseAll() => refusesAll = true;

    /// <summary>Sends a call on that waited for an activation that has ended.</summary>
    public void Forward(Call call)
    {
        if (!call.CanMove || refusesClients || ++call.Forwards > ForwardsMax)
        {
            call.Fail(new SiloUnavailableException($"The activation of {call.Target?.GrainId} ended before the call could start; it was not run."));
            return;
        }
        Deliver(call);
    }

    private async Task<object?> DispatchAsync(Call call, Task answer)
    {
        Dispatch(call);
        await answer;
        return call.ResultOf(answer);
    }

    private void Dispatch(Call call)
    {
        if (refusesAll || (refusesClients && call.Source is null))
        {
            call.Fail(new SiloUnavailableException("The silo stops and takes no more calls; the call was not run."));
            return;
        }
        call.SentAt = clock.GetTimestamp();
        call.LetLeave();
        call.Prepare();
        Deliver(call);
    }

    private void Deliver(Call call)
    {
        var grainId = call.Target!.GrainId;
        if (!classes.TryGet(grainId.Type, out var grainClass))
        {
            call.Fail(new ArgumentException($"No grain class has the type of grain {grainId}."));
            return;
        }
        while (!catalog.GetOrCreate(grainId, grainClass, this).TryAccept(call))
        {
            // It ended in between and is already out of the catalog: the next round makes a new one.
        }
    }
}
