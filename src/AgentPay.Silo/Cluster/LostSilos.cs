#if ORLEANS
using AgentPay.Storage.Contract;

namespace AgentPay.Silo.Cluster;

/// <summary>
/// A silo that died or left takes the calls it had with it. Whether they were decided is unknown, as when a commit's answer is lost; callers know what to do then:
/// 503, and the same request again finds out.
/// </summary>
internal sealed class LostSilos : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (Exception e) when (e is SiloUnavailableException or OrleansMessageRejectionException or TimeoutException)
        {
            throw new StoreUnavailableException($"The silo that decides {context.TargetId.Type} is gone or does not answer.", e);
        }
    }
}
#endif
