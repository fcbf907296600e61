#if ORLEANS
using AgentPay.Storage.Contract;

namespace AgentPay.Silo.Cluster;

/// <summary>The database driver's exceptions cannot cross to another process, and would hide the one that says what happened: it goes alone.</summary>
internal sealed class FailuresThatTravel : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (StoreUnavailableException failure) when (failure.InnerException is not null)
        {
            throw new StoreUnavailableException(failure.Message);
        }
    }
}
#endif
