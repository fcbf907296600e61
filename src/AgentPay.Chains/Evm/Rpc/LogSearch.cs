namespace AgentPay.Chains.Evm;

/// <summary>Searches the logs of many blocks in steps that the node accepts, and no longer than it should be asked for. Thread-safe.</summary>
internal sealed class LogSearch(ulong blocksMax, int callsMax)
{
    private readonly ulong _blocksMax = blocksMax;
    private ulong _blocks = blocksMax;

    /// <summary>Asks from a block on, until a look ends it or there is nothing more to ask for now.</summary>
    /// <param name="node">Who is asked.</param>
    /// <param name="fromBlock">The first block.</param>
    /// <param name="head">The last block.</param>
    /// <param name="logs">The call for the logs of a first to a last block.</param>
    /// <param name="look">Looks at the logs of each step; true ends the search.</param>
    /// <returns>The last block that was searched; null when there was none.</returns>
    public async Task<ulong?> RunAsync(
        NodeView node, ulong fromBlock, ulong head, Func<ulong, ulong, RpcCall> logs, Func<RpcReply, Task<bool>> look)
    {
        ulong? searchedTo = null;
        var known = Volatile.Read(ref _blocks);
        var blocks = known;
        for (var (first, calls) = (fromBlock, 0); first <= head && calls < callsMax; calls++)
        {
            var span = Math.Min(blocks, head - first + 1);
            var reply = await node.AskAsync(logs(first, first + span - 1)).ConfigureAwait(false);
            if (reply.Error is not null && span > 1)
            {
                // Every node has a limit of its own and words of its own for it. Whatever else this error is shows when one block is asked for.
                blocks = span / 2;
                continue;
            }

            searchedTo = first + span - 1;
            if (await look(reply).ConfigureAwait(false))
            {
                break;
            }

            first += span;
        }

        // A node may have had trouble for a moment, or another is asked next time: what was accepted is tried for more.
        Volatile.Write(ref _blocks, blocks < known ? blocks : Math.Min(_blocksMax, known * 2));
        return searchedTo;
    }
}
