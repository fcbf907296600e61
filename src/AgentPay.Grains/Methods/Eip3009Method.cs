using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.X402;

namespace AgentPay.Grains.Methods;

/// <summary>The token moves the money itself and says whose nonce it was (EIP-3009).</summary>
internal sealed class Eip3009Method : ITransferMethod
{
    public static readonly Eip3009Method Instance = new();

    public SettlementCall CallOf(SettlementTerms terms)
    {
        var (target, calldata) = Eip3009.Call(ToTransfer(terms));
        return new SettlementCall(target, calldata);
    }

    public TransferProof Prove(TransactionReceipt receipt, SettlementTerms terms) => receipt.Prove(
        Address.Parse(terms.Token), Address.Parse(terms.Payer), Address.Parse(terms.PayTo), terms.Atoms, Bytes32.Parse(terms.Nonce));

    public Task<bool> IsUsedAsync(IEvmChain chain, SettlementTerms terms, BlockTag? block, CancellationToken cancellationToken) =>
        chain.ReadAuthorizationStateAsync(Address.Parse(terms.Token), Address.Parse(terms.Payer), Bytes32.Parse(terms.Nonce), block, cancellationToken);

    public Task<AuthorizationTrace> FindAsync(IEvmChain chain, SettlementTerms terms, ulong fromBlock, CancellationToken cancellationToken) =>
        chain.FindAuthorizationAsync(Address.Parse(terms.Token), Address.Parse(terms.Payer), Bytes32.Parse(terms.Nonce), fromBlock, cancellationToken);

    public async Task<string?> ExplainFailureAsync(IEvmChain chain, SettlementTerms terms, CancellationToken cancellationToken)
    {
        if (terms.Deployment is null)
        {
            return null;
        }

        // All that the transaction did was undone with it, so whether the wallet can be deployed is asked anew.
        var reading = await chain.ReadTransferAsync(ToTransfer(terms), cancellationToken);
        return reading is { PayerHasCode: false, Verdict: TransferVerdict.DeploymentFailed } ? ErrorCodes.SmartWalletDeploymentFailed : null;
    }

    public bool IsOverAt(SettlementTerms terms, ulong blockTime) => ulong.TryParse(terms.ValidBefore, out var end) && blockTime >= end;

    private static Eip3009Transfer ToTransfer(SettlementTerms terms) => new(
        Address.Parse(terms.Token), terms.DomainName, terms.DomainVersion, Address.Parse(terms.Payer), Address.Parse(terms.PayTo), terms.Atoms,
        UInt256.Parse(terms.ValidAfter), UInt256.Parse(terms.ValidBefore), Bytes32.Parse(terms.Nonce), Convert.FromHexString(terms.Signature.AsSpan(2)))
    {
        PayerHasCode = terms.PayerHasCode,
        Deployment = terms.Deployment is { } deployment ? new WalletDeployment(Address.Parse(deployment.Factory), Convert.FromHexString(deployment.Calldata.AsSpan(2))) : null,
    };
}
