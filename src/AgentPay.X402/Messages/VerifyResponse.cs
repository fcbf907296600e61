namespace AgentPay.X402.Messages;

/// <summary>A facilitator's answer to <c>POST /verify</c>; the same in v1 and v2.</summary>
/// <param name="IsValid">The payment could be settled now.</param>
/// <param name="InvalidReason">One of <see cref="ErrorCodes"/>; null when valid.</param>
/// <param name="InvalidMessage">One sentence for a developer; null when valid.</param>
/// <param name="Payer">The payer's address when it could be read.</param>
public sealed record VerifyResponse(bool IsValid, string? InvalidReason = null, string? InvalidMessage = null, string? Payer = null)
{
    /// <summary>The payment could be settled now.</summary>
    public static VerifyResponse Valid(string payer) => new(IsValid: true, Payer: payer);

    /// <summary>The payment is refused.</summary>
    public static VerifyResponse Invalid(string code, string? message = null, string? payer = null) => new(IsValid: false, code, message, payer);
}
