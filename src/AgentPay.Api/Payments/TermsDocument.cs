using System.Text.Json;

namespace AgentPay.Api.Payments;

/// <summary>The body of a 402 answer as the OpenAPI document shows it: the terms in version 1. The header <c>PAYMENT-REQUIRED</c> holds those of version 2.</summary>
/// <param name="X402Version">1.</param>
/// <param name="Error">Why the payment was refused, as a code; <c>Payment required</c> when there was none.</param>
/// <param name="Accepts">What would be accepted.</param>
/// <param name="Payer">Who tried to pay, when known.</param>
public sealed record TermsDocument(int X402Version, string Error, IReadOnlyList<JsonElement> Accepts, string? Payer = null);
