using System.Globalization;
using System.Text.Json.Serialization;
using AgentPay.Domain.Books;

namespace AgentPay.Api.Books;

/// <summary>The body of <c>POST /v1/transfers</c>, as the OpenAPI document shows it: the members of one transfer, or <c>transfers</c> alone.</summary>
public sealed record TransferRequestDocument
{
    /// <summary>The account that gives.</summary>
    [JsonPropertyName("from")] public string? From { get; init; }

    /// <summary>The account that receives.</summary>
    [JsonPropertyName("to")] public string? To { get; init; }

    /// <summary><c>book:CODE</c>.</summary>
    [JsonPropertyName("asset")] public string? Asset { get; init; }

    /// <summary>Atoms, decimal text.</summary>
    [JsonPropertyName("amount")] public string? Amount { get; init; }

    /// <summary>Your own words, at most 140 characters.</summary>
    [JsonPropertyName("reference")] public string? Reference { get; init; }

    /// <summary>1 to 1,000 transfers, judged in this order.</summary>
    [JsonPropertyName("transfers")] public IReadOnlyList<TransferOrderDocument>? Transfers { get; init; }
}

/// <summary>One transfer of a list.</summary>
/// <param name="From">The account that gives.</param>
/// <param name="To">The account that receives.</param>
/// <param name="Asset"><c>book:CODE</c>.</param>
/// <param name="Amount">Atoms, decimal text.</param>
/// <param name="Reference">Your own words, at most 140 characters.</param>
public sealed record TransferOrderDocument(
    [property: JsonPropertyName("from")] string From,
    [property: JsonPropertyName("to")] string To,
    [property: JsonPropertyName("asset")] string Asset,
    [property: JsonPropertyName("amount")] string Amount,
    [property: JsonPropertyName("reference")] string? Reference = null);

/// <summary>A booked transfer, or (<c>object</c> is <c>transfer_batch</c>) what became of a list.</summary>
public sealed record TransferDocument
{
    /// <summary><c>txn_…</c>.</summary>
    [JsonPropertyName("id")] public required string Id { get; init; }

    /// <summary><c>transfer</c> or <c>transfer_batch</c>.</summary>
    [JsonPropertyName("object")] public string Object { get; init; } = "transfer";

    /// <summary>Always <c>booked</c>.</summary>
    [JsonPropertyName("status"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Status { get; init; }

    /// <summary>The account that gave.</summary>
    [JsonPropertyName("from"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? From { get; init; }

    /// <summary>The account that received.</summary>
    [JsonPropertyName("to"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? To { get; init; }

    /// <summary><c>book:CODE</c>.</summary>
    [JsonPropertyName("asset"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Asset { get; init; }

    /// <summary>Atoms, decimal text.</summary>
    [JsonPropertyName("amount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Amount { get; init; }

    /// <summary>The caller's own words; absent without.</summary>
    [JsonPropertyName("reference"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Reference { get; init; }

    /// <summary>Of a list: how many were booked.</summary>
    [JsonPropertyName("booked"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? Booked { get; init; }

    /// <summary>Of a list: how many were not.</summary>
    [JsonPropertyName("refused"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? Refused { get; init; }

    /// <summary>When it was decided.</summary>
    [JsonPropertyName("created")] public required DateTimeOffset Created { get; init; }

    /// <summary>Of a list: one entry for each transfer, in its order.</summary>
    [JsonPropertyName("outcomes"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyList<TransferOutcomeDocument>? Outcomes { get; init; }

    internal static TransferDocument Of(string id, TransferOrder order, DateTimeOffset at) => new()
    {
        Id = id,
        Status = "booked",
        From = order.From,
        To = order.To,
        Asset = order.Asset,
        Amount = order.Atoms.ToString(CultureInfo.InvariantCulture),
        Reference = order.Reference,
        Created = at,
    };
}

/// <summary>What became of one transfer of a list.</summary>
/// <param name="Status"><c>booked</c> or <c>refused</c>.</param>
/// <param name="Id">The booked transfer's id.</param>
/// <param name="Code">Why it was refused.</param>
public sealed record TransferOutcomeDocument(
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("id")] string? Id = null,
    [property: JsonPropertyName("code")] string? Code = null);

/// <summary>What an account of the book holds.</summary>
/// <param name="Account">Its name.</param>
/// <param name="Balances">One entry for each asset it ever held.</param>
public sealed record BalancesDocument(
    [property: JsonPropertyName("account")] string Account,
    [property: JsonPropertyName("balances")] IReadOnlyList<BalanceDocument> Balances)
{
    /// <summary>Always <c>account_balances</c>.</summary>
    [JsonPropertyName("object")] public string Object { get; init; } = "account_balances";
}

/// <summary>What an account holds of one asset.</summary>
/// <param name="Asset"><c>book:CODE</c>.</param>
/// <param name="Amount">Atoms, decimal text; below zero only in the asset's issuer.</param>
/// <param name="Scale">Digits behind the point when shown to people; null when the asset is no longer declared.</param>
public sealed record BalanceDocument(
    [property: JsonPropertyName("asset")] string Asset,
    [property: JsonPropertyName("amount")] string Amount,
    [property: JsonPropertyName("scale")] int? Scale);
