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

    /// <summary>What the receipt of a transaction of our own shows of it.</summary>
    TransferProof Prove(TransactionReceipt receipt, SettlementTerms terms);

    /// <summary>True when the authorization's nonce can no longer be used, at <paramref name="block"/> (null: now).</summary>
    Task<bool> IsUsedAsync(IEvmChain chain, SettlementTerms terms, BlockTag? block, CancellationToken cancellationToken);

    /// <summary>What became of it, from the chain's own records, whoever sent it.</summary>
    Task<AuthorizationTrace> FindAsync(IEvmChain chain, SettlementTerms terms, ulong fromBlock, CancellationToken cancellationToken);

    /// <summary>The code that says why a reverted transaction of our own did not make the transfer, as far as the chain tells it now; null: for no reason that could be named.</summary>
    Task<string?> ExplainFailureAsync(IEvmChain chain, SettlementTerms terms, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>True when no block of this time or later can take it.</summary>
    bool IsOverAt(SettlementTerms terms, ulong blockTime);
}

/// <summary>A call that settles.</summary>
/// <param name="Target">Whom.</param>
/// <param name="Calldata">With what.</param>
internal sealed record SettlementCall(Address Target, ReadOnlyMemory<byte> Calldata);

/// <summary>The transfer methods there are.</summary>
internal static class TransferMethods
{
    /// <summary>The method of a settlement.</summary>
    public static ITransferMethod Of(SettlementTerms terms) => terms.Method switch
    {
        SettlementMethods.Eip3009 => Eip3009Method.Instance,
        SettlementMethods.Permit2 => Permit2Method.Instance,
        var unknown => throw new InvalidOperationException($"No settlement is ever reserved by the method {unknown}."),
    };
}
