namespace AgentPay.Chains.Evm;

/// <summary>
/// Asks the chain about a transfer authorization: one request for a payer without code, and a second one when the simulation fails, or when the payer
/// turns out to have code and was simulated as a key.
/// </summary>
internal sealed class TransferReader(RpcNodes nodes, ReadBatcher batcher, ContractCodes codes, DeploymentSimulation deployments, ulong gasMax)
{
    private static readonly byte[] Name = new AbiWriter("name()").ToArray();
    private static readonly byte[] Version = new AbiWriter("version()").ToArray();

    /// <summary>Reads with others in one batch; what one node says that cannot be taken is asked of the others, alone.</summary>
    public async Task<TransferReading> ReadAsync(Eip3009Transfer transfer, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(transfer, calls => batcher.SendAsync(calls, cancellationToken)).ConfigureAwait(false);
        }
        catch (ChainUnavailableException exception) when (exception.InnerException is null && nodes.HasSeveral)
        {
            return await nodes.ReadAsync(CallClass.Read, view => ReadAsync(transfer, view.SendAsync), cancellationToken).ConfigureAwait(false);
        }
    }

    public static RpcCall AuthorizationState(Address token, Address payer, Bytes32 nonce, BlockTag block, ulong gasMax) =>
        RpcCall.View(token, new AbiWriter("authorizationState(address,bytes32)").Address(payer).Word(nonce).ToArray(), block, gasMax);

    public async Task<UInt256> ReadBalanceAsync(Address token, Address owner, CancellationToken cancellationToken)
    {
        var replies = await batcher.SendAsync([BalanceOf(token, owner)], cancellationToken).ConfigureAwait(false);
        return Balance(token, replies[0]);
    }

    public static RpcCall BalanceOf(Address token, Address owner, BlockTag block, ulong gasMax) =>
        RpcCall.View(token, new AbiWriter("balanceOf(address)").Address(owner).ToArray(), block, gasMax);

    public static UInt256 Balance(Address token, RpcReply reply) => reply.TryReadData(out var data) && AbiReader.TryReadNumber(data, out var balance)
        ? balance
        : throw new ChainUnavailableException($"The token {token} does not tell a balance.");

    private RpcCall Simulation(Eip3009Transfer transfer, bool forWallet) =>
        RpcCall.View(transfer.Token, Eip3009.Calldata(transfer with { PayerHasCode = forWallet }), BlockTag.Latest, gasMax);

    private RpcCall BalanceOf(Address token, Address owner) => BalanceOf(token, owner, BlockTag.Latest, gasMax);

    private async Task<TransferReading> ReadAsync(Eip3009Transfer transfer, Func<RpcCall[], Task<RpcReply[]>> ask)
    {
        var payerCode = RpcCall.Of("eth_getCode", transfer.From.ToString(), "latest");
        var looksLikeKey = !transfer.PayerHasCode && EcdsaSignature.TryParse(transfer.Signature.Span, out _);
        var simulation = Simulation(transfer, forWallet: !looksLikeKey);
        var isKnown = codes.IsKnown(transfer.Token);
        List<RpcCall> calls = [payerCode, simulation];
        if (!isKnown)
        {
            calls.Add(RpcCall.Of("eth_getCode", transfer.Token.ToString(), "latest"));
        }

        if (transfer.Deployment is { } deployment)
        {
            calls.Add(deployments.CallOf(transfer, deployment));
        }

        var replies = await ask([.. calls]).ConfigureAwait(false);

        var payerHasCode = replies[0].HasCode();
        if (!isKnown)
        {
            if (!replies[2].HasCode())
            {
                return new TransferReading(payerHasCode, TransferVerdict.TokenHasNoCode);
            }

            codes.Remember(transfer.Token);
        }

        if (!payerHasCode && transfer.Deployment is not null)
        {
            var outcome = DeploymentSimulation.VerdictOf(replies[^1]);
            return new TransferReading(false, outcome == TransferVerdict.SimulationFailed ? await DiagnoseAsync(transfer, ask).ConfigureAwait(false) : outcome);
        }

        if (payerHasCode && looksLikeKey)
        {
            replies = await ask([payerCode, Simulation(transfer, forWallet: true)]).ConfigureAwait(false);
        }

        var verdict = replies[1].Ran ? TransferVerdict.Accepted : await DiagnoseAsync(transfer, ask).ConfigureAwait(false);
        return new TransferReading(payerHasCode, verdict);
    }

    private async Task<TransferVerdict> DiagnoseAsync(Eip3009Transfer transfer, Func<RpcCall[], Task<RpcReply[]>> ask)
    {
        var replies = await ask(
            [
                AuthorizationState(transfer.Token, transfer.From, transfer.Nonce, BlockTag.Latest, gasMax),
                RpcCall.View(transfer.Token, Name, BlockTag.Latest, gasMax),
                RpcCall.View(transfer.Token, Version, BlockTag.Latest, gasMax),
                BalanceOf(transfer.Token, transfer.From),
            ]).ConfigureAwait(false);

        if (!replies[0].TryReadData(out var state) || !AbiReader.TryReadBool(state, out var isUsed))
        {
            return TransferVerdict.Eip3009NotSupported;
        }

        if (isUsed)
        {
            return TransferVerdict.NonceUsed;
        }

        if (IsOther(replies[1], transfer.DomainName))
        {
            return TransferVerdict.NameMismatch;
        }

        if (IsOther(replies[2], transfer.DomainVersion))
        {
            return TransferVerdict.VersionMismatch;
        }

        return replies[3].TryReadData(out var data) && AbiReader.TryReadNumber(data, out var balance) && balance < transfer.Value
            ? TransferVerdict.InsufficientBalance
            : TransferVerdict.SimulationFailed;
    }

    // A token that does not tell its name or version cannot contradict the payer's.
    private static bool IsOther(RpcReply reply, string expected) =>
        reply.TryReadData(out var data) && AbiReader.TryReadText(data, out var text) && !string.Equals(text, expected, StringComparison.Ordinal);
}
