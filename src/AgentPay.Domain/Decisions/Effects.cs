using System.Collections.Immutable;

namespace AgentPay.Domain.Decisions;

/// <summary>
/// What one decision does besides changing its grain's state. State and effects become durable together or not at all
/// (design, the atomic store).
/// </summary>
public sealed record Effects
{
    /// <summary>No effect.</summary>
    public static readonly Effects None = new();

    /// <summary>Ledger rows; each carries both legs, so every asset sums to zero by construction.</summary>
    public ImmutableArray<Transfer> Transfers { get; init; } = [];

    /// <summary>Entries of the account's event log, in order.</summary>
    public ImmutableArray<EventDraft> Events { get; init; } = [];

    /// <summary>Facts for other grains, delivered at least once after the commit.</summary>
    public ImmutableArray<MessageDraft> Messages { get; init; } = [];

    /// <summary>Deadlines to set, move (same id) or clear.</summary>
    public ImmutableArray<DueChange> Due { get; init; } = [];

    /// <summary>Rows that belong to the grain besides its state, written or removed in the same commit.</summary>
    public ImmutableArray<RecordChange> Records { get; init; } = [];

    /// <summary>The account whose event log the events belong to; null for work without an account.</summary>
    public string? Account { get; init; }
}

/// <summary>One ledger row with both legs: <paramref name="Debit"/> gives, <paramref name="Credit"/> receives.</summary>
/// <param name="Debit">The ledger account that gives, for example <c>chain:eip155:8453:0x…payer</c>.</param>
/// <param name="Credit">The ledger account that receives; differs from <paramref name="Debit"/>.</param>
/// <param name="Asset">CAIP-19 name of the asset.</param>
/// <param name="Atoms">The amount in the asset's smallest unit, 1 to 2^127-1.</param>
/// <param name="Reason">Why, in the ledger's words: <c>settlement</c>, <c>settlement_reversed</c>.</param>
public sealed record Transfer(string Debit, string Credit, string Asset, UInt128 Atoms, string Reason);

/// <summary>An event as decided; the store gives it its id and sequence numbers when it commits.</summary>
/// <param name="Type"><c>object.action</c> in <c>[a-z0-9_.]</c>, for example <c>settlement.confirmed</c>.</param>
/// <param name="Object">Id of the object it happened to.</param>
/// <param name="Body">UTF-8 JSON of the object as the event shows it.</param>
public sealed record EventDraft(string Type, string Object, ReadOnlyMemory<byte> Body);

/// <summary>A fact for another grain.</summary>
/// <param name="Target">Who is told.</param>
/// <param name="Fact">What happened.</param>
public sealed record MessageDraft(GrainRef Target, Fact Fact);

/// <summary>Sets, moves or clears one deadline of the deciding grain.</summary>
/// <param name="Id">Names the deadline within its grain, for example <c>expire</c>.</param>
/// <param name="At">When it is due; null clears it.</param>
public sealed record DueChange(string Id, DateTimeOffset? At);

/// <summary>Writes or removes one row that belongs to the deciding grain: what would make its state too large to rewrite each time.</summary>
/// <param name="Id">Names the row within its grain; at most 128 characters.</param>
/// <param name="Body">The row's stored form; <c>default(ReadOnlyMemory&lt;byte&gt;?)</c> removes it (a null array converts to empty bytes, not to null).</param>
public sealed record RecordChange(string Id, ReadOnlyMemory<byte>? Body);
