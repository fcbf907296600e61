using System.Collections.Immutable;

namespace AgentPay.Domain.Signers;

/// <summary>What a process can do with a key at this moment: the operator's limits, and signed bytes at the fees of the moment.</summary>
public abstract class TransactionPen
{
    /// <summary>The operator's limits for this chain.</summary>
    public abstract SendingLimits Limits { get; }

    /// <summary>Transactions of the key that are in a block, though not deep enough to count: the node's pool holds them no more.</summary>
    public virtual int Included => 0;

    /// <summary>
    /// What is known at this moment of a payer's code. An account gets some at any time (EIP-7702), and then goes alone; one nobody has just looked at waits
    /// for that before it shares a transaction.
    /// </summary>
    public virtual PayerCode CodeOf(string payer) => PayerCode.None;

    /// <summary>
    /// Signs a transaction that carries <paramref name="works"/> in this order, or makes the <paramref name="gift"/>; without either it moves nothing and only uses the nonce up.
    /// </summary>
    public abstract SignedForm Sign(ulong nonce, ImmutableArray<SettlementWork> works, ulong gas, DateTimeOffset now, GasGift? gift = null);

    /// <summary>
    /// Signs another form of a nonce that nodes take in place of <paramref name="last"/>; null when the fees of the moment do not call for one,
    /// or would have to go above the operator's caps, or would be the same bytes.
    /// </summary>
    /// <param name="last">The form that nodes have.</param>
    /// <param name="nonce">Its nonce.</param>
    /// <param name="works">What the new form carries.</param>
    /// <param name="gas">Its gas limit.</param>
    /// <param name="always">Whatever the fees of the moment: it carries less, or it is not for its price that the last one does not move.</param>
    /// <param name="now">The time.</param>
    /// <param name="gift">The gift that both forms make; null: none.</param>
    public abstract SignedForm? Outbid(
        SignedForm last, ulong nonce, ImmutableArray<SettlementWork> works, ulong gas, bool always, DateTimeOffset now, GasGift? gift = null);
}

/// <summary>What is known of a payer's code.</summary>
public enum PayerCode
{
    /// <summary>It had none a moment ago.</summary>
    None,

    /// <summary>It has some.</summary>
    Some,

    /// <summary>Not looked at.</summary>
    Unread,
}

/// <summary>How much one key may send.</summary>
/// <param name="PaymentsMax">Settlements in one transaction: 1 where the chain has no Multicall3, up to 500.</param>
/// <param name="InFlightMax">Transactions on their way at a time: nodes drop long queues of one account.</param>
/// <param name="GasPerTransactionMax">Gas one transaction may use.</param>
/// <param name="GasPerDayMax">Gas all transactions of the key signed on one UTC day may use; 0: no ceiling.</param>
public sealed record SendingLimits(int PaymentsMax, int InFlightMax, ulong GasPerTransactionMax, ulong GasPerDayMax)
{
    /// <summary>What may be given to payers who lack the gas for their approvals; null: nothing.</summary>
    public GasMoneyLimits? GasMoney { get; init; }
}
