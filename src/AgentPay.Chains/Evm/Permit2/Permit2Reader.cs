namespace AgentPay.Chains.Evm;

/// <summary>Asks the chain about Permit2 transfers: one request for most, and a second one when the simulation fails.</summary>
internal sealed class Permit2Reader(RpcNodes nodes, ReadBatcher batcher, ContractCodes codes, ulong gasMax)
{
    private static readonly byte[] ProxysPermit2 = new AbiWriter("PERMIT2()").ToArray();

    /// <summary>Reads with others in one batch; what one node says that cannot be taken is asked of the others, alone.</summary>
    public async Task<Permit2Reading> ReadTransferAsync(Permit2Transfer transfer, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadTransferAsync(transfer, calls => batcher.SendAsync(calls, cancellationToken)).ConfigureAwait(false);
        }
        catch (ChainUnavailableException exception) when (exception.InnerException is null && nodes.HasSeveral)
        {
            return await nodes.ReadAsync(CallClass.Read, view => ReadTransferAsync(transfer, view.SendAsync), cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<bool> ReadNonceAsync(Address owner, UInt256 nonce, BlockTag block, CancellationToken cancellationToken) =>
        nodes.ReadAsync(CallClass.Read, node => ReadNonceAsync(node, owner, nonce, block), cancellationToken);

    public async Task<bool> ReadNonceAsync(NodeView node, Address owner, UInt256 nonce, BlockTag block)
    {
        var reply = await node.AskAsync(Bitmap(owner, nonce, block)).ConfigureAwait(false);
        if (node.HasNext && block.IsHeight && reply.Error is { IsRevert: false })
        {
            // Nodes word it in many ways that they lack a block or its state: another one may have it.
            throw node.Lacks($"the state of block {block}");
        }

        return IsUsed(reply, nonce) ?? throw new ChainUnavailableException("Permit2 does not tell the state of a nonce.");
    }

    private async Task<Permit2Reading> ReadTransferAsync(Permit2Transfer transfer, Func<RpcCall[], Task<RpcReply[]>> ask)
    {
        var payerCode = RpcCall.Of("eth_getCode", transfer.From.ToString(), "latest");
        var proxy = RpcCall.View(Permit2.Proxy, ProxysPermit2, BlockTag.Latest, gasMax);
        var isKnown = codes.IsKnown(transfer.Token);
        RpcCall[] calls = [payerCode, proxy, Simulation(transfer with { PayerHasCode = false })];
        var replies = await ask(isKnown ? calls : [.. calls, RpcCall.Of("eth_getCode", transfer.Token.ToString(), "latest")]).ConfigureAwait(false);

        var payerHasCode = replies[0].HasCode();
        if (!isKnown)
        {
            if (!replies[3].HasCode())
            {
                return new Permit2Reading(payerHasCode, Permit2Verdict.TokenHasNoCode);
            }

            codes.Remember(transfer.Token);
        }

        // A call of an address without code succeeds: the simulation alone would take a missing proxy for one that pays.
        if (!replies[1].TryReadData(out var contract) || !AbiReader.TryReadNumber(contract, out _) || new Bytes32(contract) != Bytes32.From(Permit2.Contract))
        {
            return new Permit2Reading(payerHasCode, Permit2Verdict.ProxyNotDeployed);
        }

        var ran = replies[2].Ran;
        if (payerHasCode && transfer.Signature.Span is { Length: EcdsaSignature.Bytes } bytes && bytes[^1] < 2)
        {
            // Simulated with v raised, as for a key; the wallet gets it as it came.
            ran = (await ask([Simulation(transfer with { PayerHasCode = true })]).ConfigureAwait(false))[0].Ran;
        }

        return new Permit2Reading(payerHasCode, ran ? Permit2Verdict.Accepted : await DiagnoseAsync(transfer, ask).ConfigureAwait(false));
    }

    private RpcCall Simulation(Permit2Transfer transfer) => RpcCall.View(Permit2.Proxy, Permit2.Calldata(transfer), BlockTag.Latest, gasMax);

    private RpcCall Bitmap(Address owner, UInt256 nonce, BlockTag block) => RpcCall.View(
        Permit2.Contract, new AbiWriter("nonceBitmap(address,uint256)").Address(owner).Number(WordOf(nonce)).ToArray(), block, gasMax);

    private async Task<Permit2Verdict> DiagnoseAsync(Permit2Transfer transfer, Func<RpcCall[], Task<RpcReply[]>> ask)
    {
        var balanceOf = new AbiWriter("balanceOf(address)").Address(transfer.From).ToArray();
        var allowance = new AbiWriter("allowance(address,address)").Address(transfer.From).Address(Permit2.Contract).ToArray();
        var replies = await ask(
            [
                Bitmap(transfer.From, transfer.Nonce, BlockTag.Latest),
                RpcCall.View(transfer.Token, balanceOf, BlockTag.Latest, gasMax),
                RpcCall.View(transfer.Token, allowance, BlockTag.Latest, gasMax),
            ]).ConfigureAwait(false);

        return IsUsed(replies[0], transfer.Nonce) == true ? Permit2Verdict.NonceUsed
            : IsBelow(replies[1], transfer.Value) ? Permit2Verdict.InsufficientBalance
            : IsBelow(replies[2], transfer.Value) ? Permit2Verdict.AllowanceRequired
            : Permit2Verdict.SimulationFailed;
    }

    private static bool IsBelow(RpcReply reply, UInt256 value) => reply.TryReadData(out var data) && AbiReader.TryReadNumber(data, out var number) && number < value;

    /// <summary>The nonce's bit in its word; null when the contract gives no word.</summary>
    private static bool? IsUsed(RpcReply reply, UInt256 nonce)
    {
        if (!reply.TryReadData(out var word) || word.Length != Bytes32.Length)
        {
            return null;
        }

        var bit = (int)(nonce.Low & 0xff);
        return (word[Bytes32.Length - 1 - (bit / 8)] >> (bit % 8) & 1) == 1;
    }

    /// <summary>The upper 248 bits: which word of the bitmap.</summary>
    private static UInt256 WordOf(UInt256 nonce) => new(nonce.High >> 8, (nonce.High << 120) | (nonce.Low >> 8));
}
