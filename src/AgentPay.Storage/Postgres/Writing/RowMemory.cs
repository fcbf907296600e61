using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// What this process's writers know of durable rows without asking. Numbers of one server: after a failover the next may lack rows that the one
/// before acknowledged, and give their numbers to others.
/// </summary>
internal sealed class RowMemory
{
    private const int GenerationMax = 16_384;

    /// <summary>The number of a grain's row.</summary>
    internal Remembered<GrainRef, long> Grains { get; } = new(GenerationMax);

    /// <summary>The number of an object's row, and of its newest event.</summary>
    internal Remembered<string, (long Id, long Last)> Objects { get; } = new(GenerationMax, StringComparer.Ordinal);
}

/// <summary>The memory of all writers of a store. When one of them loses its connection, all begin anew, on new connections.</summary>
internal sealed class SharedMemory
{
    private volatile RowMemory _current = new();

    internal RowMemory Current => _current;

    internal void Renew() => _current = new RowMemory();
}
