using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Methods;

/// <summary>
/// How one transfer method goes on chain and what proves it there. Everything that sends, watches or resolves a settlement asks here, so that a new method
/// is one class and one arm of <see cref="TransferMethods.Of"/>.
/// </summary>
internal interface ITransferMethod
{
    /// <summary>The one call that makes the transfer.</summary>
    SettlementCall CallOf(SettlementTerms terms);

    /// <summary>True when the call may stand beside others' in one transaction (Multicall3): whoever sends it, it does the same.</summary>
    bool MayShareTransaction(SettlementTerms terms);

    /// <summary>What the receipt of a transaction of our own shows of it.</summary>
    TransferProof Prove(TransactionReceipt receipt, SettlementTerms terms);

    /// <summary>True when the authorization's nonce can no longer be used, at <paramref name="block"/> (null: now).</summary>
    Task<bool> IsUsedAsync(IEvmChain chain, SettlementTerms terms, BlockTag? block, CancellationToken cancellationToken);

    /// <summary>What became of it, from the chain's own records, whoever sent it.</summary>
    Task<AuthorizationTrace> FindAsync(IEvmChain chain, SettlementTerms terms, ulong fromBlock, CancellationToken cancellationToken);

    /// <summary>True when no block of this time or later can take it.</summary>
    bool IsOverAt(SettlementTerms terms, ulong blockTime);
}

/// <summary>A call that settles.</summary>
/// <param name="Target">Whom.</param>
/// <param name="Calldata">With what.</param>
/// <param name="Gas">The most gas it may use.</param>
internal sealed record SettlementCall(Address Target, ReadOnlyMemory<byte> Calldata, ulong Gas);

/// <summary>The transfer methods there are.</summary>
internal static class TransferMethods
{
    public const string Eip3009 = "eip3009";
    public const string Permit2 = "permit2";

    /// <summary>
    /// True when a receipt could not tell one of these settlements from the other, so that they may not be in one transaction: both move the same payer's money,
    /// and the events of one do not name its nonce.
    /// </summary>
    public static bool AreAlike(SettlementTerms one, SettlementTerms other) =>
        one.Payer == other.Payer && (one.Method == Permit2 || other.Method == Permit2);

    /// <summary>The method of a settlement.</summary>
    public static ITransferMethod Of(SettlementTerms terms) => terms.Method switch
    {
        Eip3009 => Eip3009Method.Instance,
        Permit2 => Permit2Method.Instance,
        var unknown => throw new InvalidOperationException($"No settlement is ever reserved by the method {unknown}."),
    };
}
