namespace AgentPay.Chains.Evm;

/// <summary>
/// What would happen to a transfer whose payer is a wallet that is deployed first (ERC-6492): factory, wallet and token are called one after the other in one
/// <c>eth_call</c> of Multicall3, with one bound on the gas of all.
/// </summary>
internal sealed class DeploymentSimulation(ulong chainId, ulong gasMax)
{
    private const int Wallet = 1;
    private const int Token = 2;
    private const int Calls = 3;

    /// <summary>The wallet is asked too: a token takes a plain key's signature from an address without code, and then the factory would have been called for nothing.</summary>
    public RpcCall CallOf(Eip3009Transfer transfer, WalletDeployment deployment) => RpcCall.View(
        Multicall3.Address,
        Multicall3.Calldata(
        [
            (deployment.Factory, deployment.Calldata),
            (transfer.From, Erc1271.Question(Eip3009.Digest(transfer, chainId), transfer.Signature.Span)),
            (transfer.Token, Eip3009.Calldata(transfer with { PayerHasCode = true })),
        ]),
        BlockTag.Latest,
        gasMax);

    /// <summary>The factory's own answer says nothing: somebody may have deployed the wallet a moment ago, and a factory that ran may have deployed another.</summary>
    public static TransferVerdict VerdictOf(RpcReply reply)
    {
        if (!reply.TryReadData(out var returned) || !Multicall3.TryReadResults(returned, Calls, out var results))
        {
            return TransferVerdict.SimulationFailed;
        }

        // An address without code takes every call and answers nothing.
        return results[Wallet] is { Succeeded: true, Data.IsEmpty: true } ? TransferVerdict.DeploymentFailed
            : !results[Wallet].Succeeded || !Erc1271.IsYes(results[Wallet].Data.Span) ? TransferVerdict.SignatureRefused
            : results[Token].Succeeded ? TransferVerdict.Accepted
            : TransferVerdict.SimulationFailed;
    }
}
