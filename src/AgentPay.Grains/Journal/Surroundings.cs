using AgentPay.Domain.Decisions;
using AgentPay.Domain.Signers;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Journal;

/// <summary>What a journal must know of other processes on the same store.</summary>
internal sealed class Surroundings(INeighbours neighbours, ILeases leases, VersionCheck versions)
{
    /// <summary>See <see cref="ILeases.Changed"/>.</summary>
    public event Action? LeasesChanged
    {
        add => leases.Changed += value;
        remove => leases.Changed -= value;
    }

    /// <summary>See <see cref="INeighbours.Solitude"/>.</summary>
    public long Solitude => neighbours.Solitude;

    /// <summary>True for a grain that only the holder of its lease may decide for: its decisions are acted on outside the database.</summary>
    public static bool IsLeased(GrainRef grain) => grain.Type == SignerId.GrainType;

    /// <summary>True when this process may decide for the grain, as far as leases go.</summary>
    public bool MayDecide(GrainRef grain) => !IsLeased(grain) || leases.Find(grain.Key) is not null;

    /// <summary>What a decision of the grain must be made under; null for nothing.</summary>
    /// <exception cref="StoreUnavailableException">Another process decides for it.</exception>
    public Fence? FenceOf(GrainRef grain) => !IsLeased(grain)
        ? null
        : leases.Find(grain.Key) ?? throw new StoreUnavailableException($"Another process decides for {grain.Key} now.");

    /// <summary>See <see cref="VersionCheck.ReadAsync"/>.</summary>
    public Task<long> ReadVersionAsync(GrainRef grain) => versions.ReadAsync(grain);
}
