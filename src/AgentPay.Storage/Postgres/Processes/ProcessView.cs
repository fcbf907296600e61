using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres.Reading;

namespace AgentPay.Storage.Postgres.Processes;

/// <summary>What others see of the registry: it lives and ends with its store, whoever else is given it.</summary>
internal sealed class ProcessView(ProcessRegistry registry, Reader reader) : INeighbours, ILeases
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
    public string Self => registry.Self;

    /// <inheritdoc/>
    public async ValueTask<bool> IsGoneAsync(string process, CancellationToken cancellationToken) =>
        process != registry.Self
        && (await reader.ReadAsync(ProcessRows.IsGone, static row => row.GetBoolean(0), cancellationToken, Reader.Text(process)).ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public void Want(string resource) => registry.Want(resource);

    /// <inheritdoc/>
    public Fence? Find(string resource) => registry.Find(resource);
}
