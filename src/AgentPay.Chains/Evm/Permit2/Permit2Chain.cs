namespace AgentPay.Chains.Evm;

/// <summary>Permit2 and the x402 proxy on one chain, over the JSON-RPC of its nodes.</summary>
internal sealed class Permit2Chain(RpcNodes nodes, Permit2Reader reader, LogSearch search) : IPermit2Chain
{
    /// <summary>How far behind the head a nonce is looked for unused: nodes forget the state of older blocks, many after 128 of them.</summary>
    private static readonly ulong[] Depths = [100, 20, 5, 1];

    /// <summary>
    /// So many blocks above a use, its absence from the logs proves something: a node's logs may be behind its state, and the blocks at its head may change
    /// between two questions.
    /// </summary>
    private const ulong UseDepth = 6;

    /// <summary>Most transfers between one payer and one payee that are looked into; one with more stays in doubt.</summary>
    private const int CandidatesMax = 256;

    public Task<Permit2Reading> ReadTransferAsync(Permit2Transfer transfer, CancellationToken cancellationToken) =>
        reader.ReadTransferAsync(transfer, cancellationToken);

    public Task<bool> ReadNonceAsync(Address owner, UInt256 nonce, BlockTag? block, CancellationToken cancellationToken) =>
        reader.ReadNonceAsync(owner, nonce, block ?? BlockTag.Latest, cancellationToken);

    public Task<AuthorizationTrace> FindAsync(Permit2Transfer transfer, ulong fromBlock, CancellationToken cancellationToken) =>
        nodes.ReadAsync(CallClass.Logs, node => FindAsync(node, transfer, fromBlock), cancellationToken);

    private async Task<AuthorizationTrace> FindAsync(NodeView node, Permit2Transfer transfer, ulong fromBlock)
    {
        var head = (await node.AskAsync(RpcCall.Of("eth_blockNumber")).ConfigureAwait(false)).Number64();
        if (head < fromBlock)
        {
            // No logs would be found, and that would prove nothing.
            return node.HasNext ? throw node.Lacks($"block {fromBlock}") : new AuthorizationTrace(AuthorizationFate.NoTrace, null);
        }

        var unusedAt = await FindUnusedAsync(node, transfer, fromBlock, head).ConfigureAwait(false);
        var (candidates, searchedTo) = await FindCandidatesAsync(node, transfer, fromBlock, head).ConfigureAwait(false);
        var areAllOther = candidates.Count <= CandidatesMax && searchedTo == head;
        foreach (var (hash, block) in candidates.Take(CandidatesMax))
        {
            var (to, calldata) = await ReadCallAsync(node, hash).ConfigureAwait(false);
            if (to == Permit2.Proxy && Permit2.IsCallOf(calldata, transfer))
            {
                var receipt = RpcJson.Receipt(await node.AskAsync(RpcCall.Of("eth_getTransactionReceipt", hash.ToString())).ConfigureAwait(false), hash);
                return new AuthorizationTrace(AuthorizationFate.Used, receipt ?? throw new ChainUnavailableException("The node lacks the receipt of a log that it gave."));
            }

            // The proxy itself makes one transfer a call, and the token itself knows no Permit2: such a transfer was something else.
            areAllOther &= block <= unusedAt || to == Permit2.Proxy || to == transfer.Token;
        }

        return unusedAt is not null && areAllOther && await IsUsedDeepAsync(node, transfer, head).ConfigureAwait(false)
            ? new AuthorizationTrace(AuthorizationFate.Canceled, null)
            : new AuthorizationTrace(AuthorizationFate.NoTrace, null, searchedTo);
    }

    private async Task<bool> IsUsedDeepAsync(NodeView node, Permit2Transfer transfer, ulong head) =>
        head >= UseDepth && await reader.ReadNonceAsync(node, transfer.From, transfer.Nonce, BlockTag.At(head - UseDepth)).ConfigureAwait(false);

    /// <summary>The earliest block asked about at which the nonce was unused; null when no node can tell one, or when it is unused still.</summary>
    private async Task<ulong?> FindUnusedAsync(NodeView node, Permit2Transfer transfer, ulong fromBlock, ulong head)
    {
        if (!await reader.ReadNonceAsync(node, transfer.From, transfer.Nonce, BlockTag.At(head)).ConfigureAwait(false))
        {
            return null;
        }

        foreach (var block in Depths.Where(depth => head - fromBlock > depth).Select(depth => head - depth).Prepend(fromBlock))
        {
            try
            {
                // Used is used for ever: no later block can show it unused.
                return await reader.ReadNonceAsync(node, transfer.From, transfer.Nonce, BlockTag.At(block)).ConfigureAwait(false) ? null : block;
            }
            catch (ChainUnavailableException)
            {
                // A node may have forgotten the state of a block this old; a later one may do.
            }
        }

        return null;
    }

    /// <summary>Transactions in which the token moved exactly this value from the payer to the payee.</summary>
    private async Task<(IReadOnlyList<(Bytes32 Transaction, ulong Block)> Found, ulong? SearchedTo)> FindCandidatesAsync(
        NodeView node, Permit2Transfer transfer, ulong fromBlock, ulong head)
    {
        var found = new HashSet<(Bytes32, ulong)>();
        var searchedTo = await search.RunAsync(
            node,
            fromBlock,
            head,
            (first, last) => TransferLogs(transfer, first, last),
            reply =>
            {
                var mine = RpcJson.Logs(reply).Where(entry =>
                    entry.Log.Address == transfer.Token && TransferProof.IsTransfer(entry.Log, transfer.From, transfer.To, transfer.Value));
                found.UnionWith(mine.Select(entry => (entry.Transaction, entry.Block)));
                return Task.FromResult(false);
            }).ConfigureAwait(false);
        return ([.. found], searchedTo);
    }

    private static async Task<(Address? To, byte[] Calldata)> ReadCallAsync(NodeView node, Bytes32 transaction)
    {
        var reply = await node.AskAsync(RpcCall.Of("eth_getTransactionByHash", transaction.ToString())).ConfigureAwait(false);
        return RpcJson.Call(reply) ?? throw new ChainUnavailableException("The node lacks the transaction of a log that it gave.");
    }

    private static RpcCall TransferLogs(Permit2Transfer transfer, ulong first, ulong last) => RpcCall.Raw(
        "eth_getLogs",
        $$"""[{"fromBlock":"{{Hex.Quantity(first)}}","toBlock":"{{Hex.Quantity(last)}}","address":"{{transfer.Token}}","topics":["{{Eip3009.Transfer}}","{{Bytes32.From(transfer.From)}}","{{Bytes32.From(transfer.To)}}"]}]""");
}
