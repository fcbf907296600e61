using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Chains;
using AgentPay.X402;

namespace AgentPay.Grains.Facilitator;

/// <summary>
/// Whether a payer's own transaction that approves Permit2 can be sent and mined now (x402 v2, extension <c>erc20ApprovalGasSponsoring</c>). The payer pays its gas; where the
/// operator gives gas money, it may be given what it lacks.
/// </summary>
internal static class ApprovalCheck
{
    /// <summary>Asked only where everything but the allowance is in order.</summary>
    /// <param name="chain">Where.</param>
    /// <param name="transfer">What goes after it.</param>
    /// <param name="approval">The payer's transaction.</param>
    /// <param name="judge">Whether the payer would be given the coins it lacks, at the fees of the moment.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <returns>Null, or the code of the refusal.</returns>
    public static async Task<string?> RunAsync(
        IEvmChain chain, Permit2Transfer transfer, SignedApproval approval, Func<GasNeed, FeeQuote, Task<GiftVerdict>> judge, CancellationToken cancellationToken)
    {
        var request = approval.Request;
        if (request.ChainId != chain.ChainId || !request.Value.IsZero)
        {
            return ErrorCodes.Erc20ApprovalTxFailed;
        }

        if (approval.Amount < transfer.Value)
        {
            return ErrorCodes.Permit2AllowanceRequired;
        }

        var mined = chain.ReadTransactionCountAsync(transfer.From, pending: false, cancellationToken);
        var gas = chain.EstimateGasAsync(transfer.From, transfer.Token, request.Data, cancellationToken);
        var balance = chain.ReadBalanceAsync(transfer.From, cancellationToken);
        var fees = chain.ReadFeesAsync(cancellationToken);
        var head = chain.ReadBlockAsync(BlockTag.Latest, cancellationToken);
        var dataFee = chain.ReadDataFeeAsync(approval.Raw, cancellationToken);
        await Task.WhenAll(mined, gas, balance, fees, head, dataFee);
        if (await mined != request.Nonce || await gas is not { } needed || needed > request.GasLimit)
        {
            return ErrorCodes.Erc20ApprovalTxFailed;
        }

        if (!IsTaken(request.Fees, await fees, await head))
        {
            return ErrorCodes.Erc20ApprovalBroadcastFailed;
        }

        var need = GiftDesk.NeedOf(transfer.From, request, needed, await dataFee, await balance);
        return need is null || await judge(need, await fees) is GiftVerdict.Fits or GiftVerdict.Waits ? null : ErrorCodes.Erc20ApprovalBroadcastFailed;
    }

    /// <summary>
    /// False when no block of now takes it, whatever its sender owns. A tip is part of the fee, and where blocks have no base fee, there is no fee market and its transactions
    /// are unknown (EIP-1559).
    /// </summary>
    private static bool IsTaken(FeeQuote offered, FeeQuote quote, BlockHeader? head) =>
        (offered.IsLegacy || (head is not { BaseFeePerGas: null } && offered.MaxPriorityFeePerGas <= offered.MaxFeePerGas)) && offered.MaxFeePerGas >= PriceOf(quote);

    /// <summary>What is wrong with the transaction itself, in the protocol's words.</summary>
    public static string? CodeOf(SignedApprovalFault fault) => fault switch
    {
        SignedApprovalFault.None => null,
        SignedApprovalFault.Unreadable => ErrorCodes.Erc20ApprovalTxParseFailed,
        SignedApprovalFault.OtherTarget => ErrorCodes.Erc20ApprovalTxWrongTarget,
        SignedApprovalFault.OtherFunction => ErrorCodes.Erc20ApprovalTxWrongSelector,
        SignedApprovalFault.UnreadableCall => ErrorCodes.Erc20ApprovalTxInvalidCalldata,
        SignedApprovalFault.OtherSpender => ErrorCodes.Erc20ApprovalTxWrongSpender,
        SignedApprovalFault.NoKeysSignature => ErrorCodes.Erc20ApprovalTxInvalidSignature,
        SignedApprovalFault.OtherSigner => ErrorCodes.Erc20ApprovalTxSignerMismatch,
    };

    /// <summary>The base fee of the moment: a quote offers twice that and the tip. Below it no block takes the transaction.</summary>
    private static UInt256 PriceOf(FeeQuote quote) =>
        quote.IsLegacy || quote.MaxFeePerGas.High != 0 ? quote.MaxFeePerGas : (quote.MaxFeePerGas.Low - quote.MaxPriorityFeePerGas.Low) / 2;
}
