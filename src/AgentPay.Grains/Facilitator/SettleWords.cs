using AgentPay.Domain.Settlements;
using AgentPay.X402.Messages;

namespace AgentPay.Grains.Facilitator;

/// <summary>Says a settlement's outcome in the words of the protocol version that asked (x402 v2 specification, SettleResponse).</summary>
internal sealed class SettleWords(PaymentPayload payment, PaymentRequirements requirements)
{
    public SettleResponse Settled(Settlement settlement) => new()
    {
        Success = true,
        Payer = settlement.Terms.Payer,
        Transaction = settlement.Transaction!,
        Network = requirements.NetworkAsSent,
    };

    public SettleResponse Refused(string code, string? transaction = null) => new()
    {
        Success = false,
        ErrorReason = code,
        ErrorMessage = Sentences.Of(code),
        Payer = payment.Payer,
        Transaction = transaction ?? "",
        Network = requirements.NetworkAsSent,
    };
}
