#if ORLEANS
using AgentPay.Domain.Signers;
using Orleans.Concurrency;
using Orleans.Metadata;

namespace AgentPay.Silo.Cluster;

/// <summary>
/// A key's grain is called only by the process that has the key's lease, and its decisions are acted on there. So it lives where it is called, one in each silo
/// at most, which is not dropped while it is idle for a moment: it would read again all it has sent. Orleans' directory has no say in who owns a key, and take-over
/// waits for the lease alone. Two of them are as safe as two processes: the lease's epoch and the row's version let one write.
/// </summary>
internal sealed class SignerPlacement(IServiceProvider services) : IGrainPropertiesProvider
{
    private static readonly StatelessWorkerAttribute _oneInEachSilo = new(maxLocalWorkers: 1, removeIdleWorkers: false);

    public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        if (grainType == GrainType.Create(SignerId.GrainType))
        {
            _oneInEachSilo.Populate(services, grainClass, grainType, properties);
        }
    }
}
#endif
