using System.Globalization;
using System.Text.Json.Serialization;
using AgentPay.Domain.Settlements;
using AgentPay.Storage.Contract;

namespace AgentPay.Api.Settlements;

/// <summary>A settlement with its ledger postings and events.</summary>
public sealed record SettlementResponse
{
    /// <summary>Its id, <c>stl:…</c>.</summary>
    [JsonPropertyName("id")] public required string Id { get; init; }

    /// <summary>Always <c>settlement</c>.</summary>
    [JsonPropertyName("object")] public string Object { get; init; } = "settlement";

    /// <summary><c>admitted</c>, <c>released</c>, <c>reserved</c>, <c>submitted</c>, <c>unknown</c>, <c>confirmed</c>, <c>safe</c>, <c>final</c> or <c>failed</c>.</summary>
    [JsonPropertyName("status")] public required string Status { get; init; }

    /// <summary>CAIP-2 network.</summary>
    [JsonPropertyName("network")] public required string Network { get; init; }

    /// <summary>The transaction's hash; null before there is one.</summary>
    [JsonPropertyName("transaction")] public string? Transaction { get; init; }

    /// <summary>The block that paid it; null before.</summary>
    [JsonPropertyName("block")] public BlockResponse? Block { get; init; }

    /// <summary>Who pays.</summary>
    [JsonPropertyName("payer")] public required string Payer { get; init; }

    /// <summary>Who is paid.</summary>
    [JsonPropertyName("pay_to")] public required string PayTo { get; init; }

    /// <summary>CAIP-19 asset.</summary>
    [JsonPropertyName("asset")] public required string Asset { get; init; }

    /// <summary>Atomic units, decimal text.</summary>
    [JsonPropertyName("amount")] public required string Amount { get; init; }

    /// <summary>Why it failed; null otherwise.</summary>
    [JsonPropertyName("failure_code")] public string? FailureCode { get; init; }

    /// <summary>Both legs of each ledger row; per asset they sum to zero.</summary>
    [JsonPropertyName("postings")] public required IReadOnlyList<PostingResponse> Postings { get; init; }

    /// <summary>What happened, in order.</summary>
    [JsonPropertyName("events")] public required IReadOnlyList<EventResponse> Events { get; init; }

    internal static SettlementResponse From(Settlement settlement, IReadOnlyList<StoredTransfer> transfers, IReadOnlyList<StoredEvent> events) => new()
    {
        Id = settlement.Id,
        Status = SettlementEvents.StatusWord(settlement.Status),
        Network = settlement.Terms.Network,
        Transaction = settlement.Transaction,
        Block = settlement.Block is { } block ? new BlockResponse(block.Number, block.Hash) : null,
        Payer = settlement.Terms.Payer,
        PayTo = settlement.Terms.PayTo,
        Asset = settlement.Terms.Asset,
        Amount = settlement.Terms.Atoms.ToString(CultureInfo.InvariantCulture),
        FailureCode = settlement.FailureCode,
        Postings = [.. transfers.SelectMany(row => PostingResponse.Of(row.Transfer))],
        Events = [.. events.Select(entry => new EventResponse(entry.Id, entry.Type, entry.Sequence, entry.ObjectSequence, entry.CreatedAt))],
    };
}

/// <summary>A block.</summary>
/// <param name="Number">Height.</param>
/// <param name="Hash">Hash.</param>
public sealed record BlockResponse([property: JsonPropertyName("number")] ulong Number, [property: JsonPropertyName("hash")] string Hash);

/// <summary>One leg of a ledger row.</summary>
/// <param name="Account">Ledger account.</param>
/// <param name="Asset">CAIP-19 asset.</param>
/// <param name="Amount">Atomic units, decimal text; negative for the account that gives.</param>
public sealed record PostingResponse(
    [property: JsonPropertyName("account")] string Account,
    [property: JsonPropertyName("asset")] string Asset,
    [property: JsonPropertyName("amount")] string Amount)
{
    internal static IEnumerable<PostingResponse> Of(Domain.Decisions.Transfer transfer)
    {
        var atoms = transfer.Atoms.ToString(CultureInfo.InvariantCulture);
        yield return new PostingResponse(transfer.Debit, transfer.Asset, "-" + atoms);
        yield return new PostingResponse(transfer.Credit, transfer.Asset, atoms);
    }
}

/// <summary>An entry of the event log.</summary>
/// <param name="Id"><c>evt_…</c>.</param>
/// <param name="Type"><c>object.action</c>.</param>
/// <param name="Sequence">Gap-free in its log.</param>
/// <param name="ObjectSequence">Gap-free for its object.</param>
/// <param name="Created">When it was decided.</param>
public sealed record EventResponse(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("sequence")] long Sequence,
    [property: JsonPropertyName("object_sequence")] long ObjectSequence,
    [property: JsonPropertyName("created")] DateTimeOffset Created);
