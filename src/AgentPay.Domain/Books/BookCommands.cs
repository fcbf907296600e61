using System.Collections.Immutable;

namespace AgentPay.Domain.Books;

/// <summary>One transfer as it was asked for; its form was checked, whether it can be done was not.</summary>
/// <param name="From">The account that gives.</param>
/// <param name="To">The account that receives.</param>
/// <param name="Asset"><c>book:CODE</c>.</param>
/// <param name="Atoms">1 to 2^127-1.</param>
/// <param name="Reference">The caller's own words; null: none.</param>
[GenerateSerializer, Immutable, Alias("agentpay.TransferOrder")]
public sealed record TransferOrder(
    [property: Id(0)] string From, [property: Id(1)] string To, [property: Id(2)] string Asset, [property: Id(3)] UInt128 Atoms, [property: Id(4)] string? Reference);

/// <summary>One request: transfers judged one after the other, each on what those before it left. Repeating its key changes nothing.</summary>
[GenerateSerializer, Immutable, Alias("agentpay.BookTransfers")]
public sealed record BookTransfers
{
    /// <summary>Transfers of one request, at most.</summary>
    public const int OrdersMax = 1_000;

    /// <summary>A new id, <see cref="TransferId"/>; the transfer's own when there is one, else the base of each one's.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Sent as a list: ids end in the place in it.</summary>
    [Id(1)] public required bool IsBatch { get; init; }

    /// <summary>1 to <see cref="OrdersMax"/> transfers.</summary>
    [Id(2)] public required ImmutableArray<TransferOrder> Orders { get; init; }

    /// <summary>The caller's idempotency key, 1 to 255 printable ASCII characters.</summary>
    [Id(3)] public required string Key { get; init; }

    /// <summary>SHA-256 of the request's bytes, hexadecimal; another one under the same key is a conflict.</summary>
    [Id(4)] public required string Fingerprint { get; init; }

    /// <summary><c>req_…</c> of the request that is decided.</summary>
    [Id(5)] public required string RequestId { get; init; }
}
