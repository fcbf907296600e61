using AgentPay.X402.Amounts;
using AgentPay.X402.Messages;

namespace AgentPay.X402.Schemes;

/// <summary>
/// The rules of scheme <c>exact</c> on EVM by Permit2 that need neither a chain nor a key (x402 v2 specification, "Exact Payment Scheme for EVM",
/// asset transfer method Permit2), in the order of the reference implementation. What is left for the caller: the signature, the asset's allow-list,
/// and what the chain says.
/// </summary>
public static class ExactEvmPermit2Rules
{
    /// <summary>The one spender of these payments, the contract <c>x402ExactPermit2Proxy</c>, which pays nobody but the witness' payee; the same on every network.</summary>
    public const string Proxy = "0x402085c248eea27d92e8b30b2c58ed07f9e20001";

    /// <summary>Permit2 itself, the spender of every sponsored approval; the same on every network.</summary>
    public const string Contract = "0x000000000022d473030f116ddee9f6b43ac78ba3";

    /// <summary>
    /// Judges a payment by the seller's requirements. Both have passed their parser. After it, the deadline is known to fit 64 bits and not to lie before
    /// <c>validAfter</c>.
    /// </summary>
    /// <returns>Null when every rule holds, else the code of the first that does not.</returns>
    public static string? Check(PaymentPayload payload, PaymentRequirements requirements, DateTimeOffset now) =>
        ExactEvmRules.CheckTerms(payload, requirements, SchemeNames.Permit2)
        ?? CheckAccepted(payload.Accepted, requirements)
        ?? (payload.Permit2 is { } authorization ? CheckAuthorization(authorization, requirements, now.ToUnixTimeSeconds()) : ErrorCodes.UnsupportedPayloadType);

    /// <summary>True for a code that time alone makes or unmakes.</summary>
    public static bool IsAboutTime(string? code) =>
        code is ErrorCodes.Permit2DeadlineExpired or ErrorCodes.Permit2NotYetValid or ErrorCodes.Eip2612DeadlineExpired;

    /// <summary>
    /// Judges the approval that came with a payment (x402 v2 specification, extension <c>eip2612GasSponsoring</c>; EIP-2612). After it, amount and deadline are
    /// canonical and the signature has 65 bytes; whether the token takes it is for the chain to say.
    /// </summary>
    /// <returns>Null when every rule holds, else the code of the first that does not.</returns>
    public static string? CheckApproval(Eip2612Approval approval, Permit2Authorization authorization, DateTimeOffset now)
    {
        var isWellFormed = HexText.IsAddress(approval.From) && HexText.IsAddress(approval.Asset) && HexText.IsAddress(approval.Spender)
            && UnsignedDecimal.IsCanonical(approval.Amount) && UnsignedDecimal.IsCanonical(approval.Nonce) && UnsignedDecimal.IsCanonical(approval.Deadline)
            && HexText.IsBytes(approval.Signature, 65);
        return !isWellFormed ? ErrorCodes.InvalidEip2612ExtensionFormat
            : !HexText.AreEqual(approval.From, authorization.From) ? ErrorCodes.Eip2612FromMismatch
            : !HexText.AreEqual(approval.Asset, authorization.Token) ? ErrorCodes.Eip2612AssetMismatch
            : !HexText.AreEqual(approval.Spender, Contract) ? ErrorCodes.Eip2612SpenderNotPermit2
            : approval.Amount != authorization.Amount ? ErrorCodes.Permit2Eip2612AmountMismatch
            : UnsignedDecimal.Compare(approval.Deadline, now.ToUnixTimeSeconds() + ExactEvmRules.SettlementMarginSeconds) < 0 ? ErrorCodes.Eip2612DeadlineExpired
            : null;
    }

    /// <summary>
    /// Judges what an approval that came with a payment says of itself (x402 v2 specification, extension <c>erc20ApprovalGasSponsoring</c>); the transaction inside is
    /// for the caller.
    /// </summary>
    /// <returns>Null when every rule holds, else the code of the first that does not.</returns>
    public static string? CheckApproval(Erc20Approval approval, Permit2Authorization authorization)
    {
        var isWellFormed = HexText.IsAddress(approval.From) && HexText.IsAddress(approval.Asset) && HexText.IsAddress(approval.Spender)
            && UnsignedDecimal.IsCanonical(approval.Amount) && HexText.IsBytesUpTo(approval.SignedTransaction, X402Limits.SignatureBytesMax);
        return !isWellFormed ? ErrorCodes.InvalidErc20ApprovalExtensionFormat
            : !HexText.AreEqual(approval.From, authorization.From) ? ErrorCodes.Erc20ApprovalFromMismatch
            : !HexText.AreEqual(approval.Asset, authorization.Token) ? ErrorCodes.Erc20ApprovalAssetMismatch
            : !HexText.AreEqual(approval.Spender, Contract) ? ErrorCodes.Erc20ApprovalSpenderNotPermit2
            : null;
    }

    /// <summary>The terms a client says it accepted must be the seller's: the reference compares scheme and network only.</summary>
    private static string? CheckAccepted(PaymentRequirements? accepted, PaymentRequirements requirements)
    {
        if (accepted is null)
        {
            return null;
        }

        if (!HexText.AreEqual(accepted.PayTo, requirements.PayTo))
        {
            return ErrorCodes.InvalidPermit2RecipientMismatch;
        }

        if (!HexText.AreEqual(accepted.Asset, requirements.Asset))
        {
            return ErrorCodes.InvalidPaymentRequirements;
        }

        return accepted.Amount != requirements.Amount ? ErrorCodes.Permit2AmountMismatch : null;
    }

    private static string? CheckAuthorization(Permit2Authorization authorization, PaymentRequirements requirements, long nowSeconds)
    {
        if (!HexText.AreEqual(authorization.Spender, Proxy))
        {
            return ErrorCodes.InvalidPermit2Spender;
        }

        if (!HexText.AreEqual(authorization.To, requirements.PayTo))
        {
            return ErrorCodes.InvalidPermit2RecipientMismatch;
        }

        // What no time can mend comes before what time decides: a settled payment may be asked about after its end.
        if (authorization.Amount != requirements.Amount)
        {
            return ErrorCodes.Permit2AmountMismatch;
        }

        if (!HexText.AreEqual(authorization.Token, requirements.Asset))
        {
            return ErrorCodes.Permit2TokenMismatch;
        }

        var latest = nowSeconds + requirements.MaxTimeoutSeconds + ExactEvmRules.LifetimeSlackSeconds;
        if (UnsignedDecimal.Compare(authorization.Deadline, nowSeconds + ExactEvmRules.SettlementMarginSeconds) < 0
            || UnsignedDecimal.Compare(authorization.Deadline, latest) > 0)
        {
            return ErrorCodes.Permit2DeadlineExpired;
        }

        return UnsignedDecimal.Compare(authorization.ValidAfter, nowSeconds) > 0 ? ErrorCodes.Permit2NotYetValid : null;
    }
}
