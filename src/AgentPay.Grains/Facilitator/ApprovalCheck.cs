using AgentPay.Chains.Evm;
using AgentPay.X402;

namespace AgentPay.Grains.Facilitator;

/// <summary>
/// Whether a payer's own transaction that approves Permit2 can be sent and mined now (x402 v2, extension <c>erc20ApprovalGasSponsoring</c>). The payer pays its gas: the
/// engine sends it, and nothing else.
/// </summary>
internal static class ApprovalCheck
{
    /// <summary>Asked only where everything but the allowance is in order.</summary>
    /// <returns>Null, or the code of the refusal.</returns>
    public static async Task<string?> RunAsync(IEvmChain chain, Permit2Transfer transfer, SignedApproval approval, CancellationToken cancellationToken)
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
        await Task.WhenAll(mined, gas, balance, fees);
        return await mined != request.Nonce || await gas is not { } needed || needed > request.GasLimit ? ErrorCodes.Erc20ApprovalTxFailed
            : await balance < approval.CostMax || request.Fees.MaxFeePerGas < PriceOf(await fees) ? ErrorCodes.Erc20ApprovalBroadcastFailed
            : null;
    }

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
