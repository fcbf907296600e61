using System.Text.Json;

namespace AgentPay.Api.Facilitator;

/// <summary>A facilitator request as the OpenAPI document shows it; the messages themselves are read by AgentPay.X402.</summary>
/// <param name="X402Version">1 or 2.</param>
/// <param name="PaymentPayload">What the buyer signed.</param>
/// <param name="PaymentRequirements">What the seller asked for.</param>
public sealed record FacilitatorRequestDocument(int X402Version, JsonElement PaymentPayload, JsonElement PaymentRequirements);

/// <summary>The answer of verify.</summary>
/// <param name="IsValid">It would be settled now.</param>
/// <param name="InvalidReason">A code; absent when valid.</param>
/// <param name="InvalidMessage">The sentence beside the code.</param>
/// <param name="Payer">Who pays.</param>
public sealed record VerifyResponseDocument(bool IsValid, string? InvalidReason = null, string? InvalidMessage = null, string? Payer = null);

/// <summary>The answer of settle.</summary>
/// <param name="Success">The money moved, and this is the one answer that says so.</param>
/// <param name="Transaction">The transaction's hash; empty when there is none.</param>
/// <param name="Network">The network in the words of the version that asked.</param>
/// <param name="ErrorReason">A code; absent on success.</param>
/// <param name="ErrorMessage">The sentence beside the code.</param>
/// <param name="Payer">Who paid.</param>
public sealed record SettleResponseDocument(bool Success, string Transaction, string Network, string? ErrorReason = null, string? ErrorMessage = null, string? Payer = null);

/// <summary>What is settled.</summary>
/// <param name="Kinds">Version, scheme and network of each kind.</param>
/// <param name="Extensions">Protocol extensions.</param>
/// <param name="Signers">Addresses that send transactions, by network pattern.</param>
public sealed record SupportedResponseDocument(IReadOnlyList<SupportedKindDocument> Kinds, IReadOnlyList<string> Extensions, IReadOnlyDictionary<string, IReadOnlyList<string>> Signers);

/// <summary>One kind of payment.</summary>
/// <param name="X402Version">1 or 2.</param>
/// <param name="Scheme"><c>exact</c>.</param>
/// <param name="Network">CAIP-2, or the version 1 name.</param>
public sealed record SupportedKindDocument(int X402Version, string Scheme, string Network);
