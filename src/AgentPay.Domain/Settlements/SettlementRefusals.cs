using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Settlements;

/// <summary>The expected noes of a settlement, with the codes x402 facilitators use.</summary>
public static class SettlementRefusals
{
    /// <summary>This payment was or is being settled for another caller.</summary>
    public const string Duplicate = "duplicate_settlement";

    /// <summary>The nonce belongs to another signed authorization.</summary>
    public const string NonceUsed = "invalid_exact_evm_nonce_already_used";

    /// <summary>The payment already runs, or ran, a handler.</summary>
    public const string InUse = "payment_in_use";

    /// <summary>What became of its transaction is not known yet, and runs enough waited for it.</summary>
    public const string Pending = "settlement_pending";

    /// <summary>Its call failed and the authorization is unused.</summary>
    public const string TransactionFailed = "invalid_exact_evm_transaction_failed";

    internal static readonly Refusal DuplicateRefusal = new(Duplicate, "This payment is settled for another caller.");
    internal static readonly Refusal NonceUsedRefusal = new(NonceUsed, "Another authorization with this nonce was presented first.");
    internal static readonly Refusal InUseRefusal = new(InUse, "This payment already bought an answer.");
    internal static readonly Refusal PendingRefusal = new(Pending, "The outcome is not known yet; the next run waits for it.");
}
