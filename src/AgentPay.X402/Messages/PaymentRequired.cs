namespace AgentPay.X402.Messages;

/// <summary>What a 402 answer asks for: the header <c>PAYMENT-REQUIRED</c> of v2 and the body of v1, from one value.</summary>
/// <param name="Resource">What is sold.</param>
/// <param name="Accepts">The ways to pay, the seller's favourite first.</param>
/// <param name="Error">Why payment is asked for, or the code of the payment that was refused; null writes none.</param>
/// <param name="Payer">The payer of a refused payment, when known (written in v1 only).</param>
/// <param name="ExtensionsJson">The member <c>extensions</c> as JSON text (v2 only); null writes none.</param>
public sealed record PaymentRequired(
    ResourceInfo Resource, IReadOnlyList<PaymentRequirements> Accepts, string? Error = null, string? Payer = null, string? ExtensionsJson = null);
