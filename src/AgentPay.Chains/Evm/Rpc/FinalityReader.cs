namespace AgentPay.Chains.Evm;

/// <summary>Reads how far the chain is settled, all from one node: tags of two nodes may contradict each other.</summary>
internal static class FinalityReader
{
    public static async Task<ChainFinality> ReadAsync(NodeView node, ulong safeDepth, ulong finalDepth)
    {
        var replies = await node.SendAsync([RpcCall.Block(BlockTag.Latest), RpcCall.Block(BlockTag.Safe), RpcCall.Block(BlockTag.Finalized)]).ConfigureAwait(false);
        var head = RpcJson.Block(replies[0]) ?? throw new ChainUnavailableException("The node has no head.");
        var (safe, safeBasis) = await ReadAsync(node, head, replies[1], safeDepth).ConfigureAwait(false);
        var (final, finalBasis) = await ReadAsync(node, head, replies[2], finalDepth).ConfigureAwait(false);

        // What cannot be lost is safe, whatever a shallower rule says.
        return final is not null && (safe is null || safe.Cursor.Number < final.Cursor.Number)
            ? new ChainFinality(head, final, finalBasis, final, finalBasis)
            : new ChainFinality(head, safe, safeBasis, final, finalBasis);
    }

    // A node without the tag answers null or an error, each in its own words.
    private static async Task<(BlockHeader? Block, FinalityBasis Basis)> ReadAsync(NodeView node, BlockHeader head, RpcReply tag, ulong depth)
    {
        if (tag.Error is null && RpcJson.Block(tag) is { } block)
        {
            return block.Cursor.Number <= head.Cursor.Number
                ? (block, FinalityBasis.Tag)
                : throw new ChainUnavailableException("The node calls a block above its head safe or final.");
        }

        if (head.Cursor.Number < depth)
        {
            return (null, FinalityBasis.Depth);
        }

        var number = head.Cursor.Number - depth;
        var deep = RpcJson.Block(await node.AskAsync(RpcCall.Block(BlockTag.At(number))).ConfigureAwait(false));
        return (deep ?? throw node.Lacks($"block {number}"), FinalityBasis.Depth);
    }
}
