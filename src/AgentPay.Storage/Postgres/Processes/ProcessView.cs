using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Postgres.Processes;

/// <summary>What others see of the registry: it lives and ends with its store, whoever else is given it.</summary>
internal sealed class ProcessView(ProcessRegistry registry) : INeighbours, ILeases
{
    /// <inheritdoc/>
    public event Action? Changed
    {
        add => registry.Changed += value;
        remove => registry.Changed -= value;
    }

    /// <inheritdoc/>
    public long Solitude => registry.Solitude;

    /// <inheritdoc/>
    public void Want(string resource) => registry.Want(resource);

    /// <inheritdoc/>
    public Fence? Find(string resource) => registry.Find(resource);
}
