using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Calls;

/// <summary>The base of the emitted references.</summary>
internal abstract class GrainProxy(GrainId grainId, CallRouter router) : GrainReference(grainId, router)
{
    protected internal Task Send(VoidCall call) => router.Send(this, call);

    protected internal Task<TResult> Send<TResult>(Call<TResult> call) => router.Send(this, call);

    protected internal ValueTask SendValue(VoidCall call) => new(router.Send(this, call));

    protected internal ValueTask<TResult> SendValue<TResult>(Call<TResult> call) => new(router.Send(this, call));
}

/// <summary>A reference that knows no interface.</summary>
internal sealed class UntypedProxy(GrainId grainId, CallRouter router) : GrainProxy(grainId, router);
