using AgentPay.X402.Amounts;
using AgentPay.X402.Messages;
using AgentPay.X402.Networks;

namespace AgentPay.X402.Schemes;

/// <summary>
/// The rules of scheme <c>exact</c> on EVM by EIP-3009 that need neither a chain nor a key (x402 specification, "Exact Payment Scheme for
/// EVM"), in the order of the reference implementation. What is left for the caller: the signature, the asset's allow-list, and what the chain says.
/// </summary>
public static class ExactEvmRules
{
    /// <summary>Seconds that must remain before an authorization expires, so that a transaction sent now can still be mined.</summary>
    public const int SettlementMarginSeconds = 6;

    /// <summary>
    /// Seconds beyond <c>maxTimeoutSeconds</c> that an authorization may run. The specification lets a client sign until now + maxTimeoutSeconds and
    /// the reference facilitator sets no bound at all; a day leaves room for any client's clock and habits. There is a bound because until it
    /// expires a payment of unknown outcome cannot be proven to have failed.
    /// </summary>
    public const int LifetimeSlackSeconds = 24 * 60 * 60;

    /// <summary>
    /// Judges a payment by the seller's requirements. Both have passed their parser.
    /// After it, <c>validBefore</c> is known to fit 64 bits and to lie after <c>validAfter</c>.
    /// </summary>
    /// <returns>Null when every rule holds, else the code of the first that does not.</returns>
    public static string? Check(PaymentPayload payload, PaymentRequirements requirements, DateTimeOffset now) =>
        CheckTerms(payload, requirements, SchemeNames.Eip3009)
        ?? CheckAccepted(payload.Accepted, requirements)
        ?? CheckAuthorization(payload, requirements, now.ToUnixTimeSeconds());

    /// <summary>The rules that every transfer method shares; <paramref name="method"/> is the one that is judged.</summary>
    internal static string? CheckTerms(PaymentPayload payload, PaymentRequirements requirements, string method)
    {
        if (payload.Scheme != SchemeNames.Exact || requirements.Scheme != SchemeNames.Exact)
        {
            return ErrorCodes.InvalidExactEvmScheme;
        }

        if (!Caip2Network.TryParse(requirements.Network, out var network) || !network.IsEvm)
        {
            return ErrorCodes.InvalidNetwork;
        }

        if ((requirements.Extra.AssetTransferMethod ?? SchemeNames.Eip3009) != method)
        {
            return ErrorCodes.UnsupportedAssetTransferMethod;
        }

        if (requirements.Extra.PaymentFlow is not (null or SchemeNames.AuthorizationFlow or SchemeNames.UpfrontFlow))
        {
            return ErrorCodes.UnsupportedPaymentFlow;
        }

        if (method == SchemeNames.Eip3009 && (string.IsNullOrEmpty(requirements.Extra.Name) || string.IsNullOrEmpty(requirements.Extra.Version)))
        {
            return ErrorCodes.InvalidExactEvmMissingEip712Domain;
        }

        if (payload.Network != requirements.Network)
        {
            return ErrorCodes.InvalidExactEvmNetworkMismatch;
        }

        return CheckAmount(requirements.Amount);
    }

    private static string? CheckAmount(string amount)
    {
        if (amount == "0")
        {
            // A transfer of nothing would buy something and cost the facilitator its gas.
            return ErrorCodes.InvalidPaymentRequirements;
        }

        return UnsignedDecimal.Compare(amount, UnsignedDecimal.AtomsMax) > 0 ? ErrorCodes.AmountAboveMaximum : null;
    }

    /// <summary>The terms a v2 client says it accepted must be the seller's: the reference compares scheme and network only.</summary>
    private static string? CheckAccepted(PaymentRequirements? accepted, PaymentRequirements requirements)
    {
        if (accepted is null)
        {
            return null;
        }

        if (!HexText.AreEqual(accepted.PayTo, requirements.PayTo))
        {
            return ErrorCodes.InvalidExactEvmRecipientMismatch;
        }

        if (!HexText.AreEqual(accepted.Asset, requirements.Asset))
        {
            return ErrorCodes.InvalidPaymentRequirements;
        }

        return accepted.Amount != requirements.Amount ? ErrorCodes.InvalidExactEvmValueMismatch : null;
    }

    private static string? CheckAuthorization(PaymentPayload payload, PaymentRequirements requirements, long nowSeconds)
    {
        if (payload.Authorization is not { } authorization)
        {
            return ErrorCodes.UnsupportedPayloadType;
        }

        if (!HexText.AreEqual(authorization.To, requirements.PayTo))
        {
            return ErrorCodes.InvalidExactEvmRecipientMismatch;
        }

        var latest = nowSeconds + requirements.MaxTimeoutSeconds + LifetimeSlackSeconds;
        if (UnsignedDecimal.Compare(authorization.ValidBefore, nowSeconds + SettlementMarginSeconds) < 0
            || UnsignedDecimal.Compare(authorization.ValidBefore, latest) > 0)
        {
            return ErrorCodes.InvalidExactEvmValidBefore;
        }

        // With the rule above this also makes validBefore later than validAfter.
        if (UnsignedDecimal.Compare(authorization.ValidAfter, nowSeconds) > 0)
        {
            return ErrorCodes.InvalidExactEvmValidAfter;
        }

        if (authorization.Value != requirements.Amount)
        {
            return payload.Version == X402Version.V1 ? ErrorCodes.InvalidExactEvmValueV1 : ErrorCodes.InvalidExactEvmValueMismatch;
        }

        return null;
    }
}
