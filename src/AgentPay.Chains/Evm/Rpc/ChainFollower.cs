using System.Runtime.CompilerServices;

namespace AgentPay.Chains.Evm;

/// <summary>Walks along a chain by looking at its head. Remembers recent headers to notice lost blocks by their hashes: nodes do not tell.</summary>
internal sealed class ChainFollower(RpcNodes nodes, FollowPace pace, HeadSocket? socket, int batchCallsMax)
{
    /// <summary>Deepest reorganization that is followed.</summary>
    public const int HeadersMax = 512;

    // On a fresh start so many blocks before the cursor are read, to be able to take them back.
    private const int HeadersOnResume = 64;

    private readonly LinkedList<BlockHeader> _recent = [];

    private BlockHeader Top => _recent.Last!.Value;

    public async IAsyncEnumerable<ChainStep> FollowAsync(BlockCursor? from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var step in await StartAsync(from, cancellationToken).ConfigureAwait(false))
        {
            yield return step;
        }

        while (true)
        {
            pace.Look();
            var head = await ReadAsync(BlockTag.Latest, cancellationToken).ConfigureAwait(false)
                ?? throw new ChainUnavailableException("The node has no head.");
            while (await IsLostAsync(Top, head, cancellationToken).ConfigureAwait(false))
            {
                yield return new ChainStep(ChainStepKind.Disconnected, TakeBack());
            }

            while (Top.Cursor.Number < head.Cursor.Number)
            {
                var next = await ReadNextAsync(head, cancellationToken).ConfigureAwait(false);
                if (next.Count == 0)
                {
                    // The chain changed while it was read: look again.
                    break;
                }

                foreach (var header in next)
                {
                    Remember(header);
                    yield return new ChainStep(ChainStepKind.Connected, header);
                }
            }

            nodes.Compare();
            socket?.Found(head.Cursor.Number);
            await pace.WaitAsync(head.Cursor.Number, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<ChainStep>> StartAsync(BlockCursor? from, CancellationToken cancellationToken)
    {
        if (from is not { } cursor)
        {
            var head = await ReadAsync(BlockTag.Latest, cancellationToken).ConfigureAwait(false)
                ?? throw new ChainUnavailableException("The node has no head.");
            await RememberBeforeAsync(head, cancellationToken).ConfigureAwait(false);
            return [new ChainStep(ChainStepKind.Connected, head)];
        }

        // A lost block is no longer found by its number; many nodes still know it, and its ancestors, by hash.
        var lost = new List<ChainStep>();
        var hash = cursor.Hash;
        for (var number = cursor.Number; ; number--)
        {
            // A node that is merely behind shows no block: that loses nothing, as below.
            var onChain = await ReadAsync(BlockTag.At(number), cancellationToken).ConfigureAwait(false)
                ?? throw new ChainUnavailableException($"The node has no block {number}, from which the chain is to be followed.");
            if (onChain.Cursor.Hash == hash)
            {
                await RememberBeforeAsync(onChain, cancellationToken).ConfigureAwait(false);
                return lost;
            }

            var header = RpcJson.Block(await AskAsync(RpcCall.Raw("eth_getBlockByHash", $"[\"{hash}\",false]"), cancellationToken).ConfigureAwait(false));
            if (header is null || number == 0 || lost.Count >= HeadersMax)
            {
                throw new ChainUnavailableException(
                    $"Block {number} with hash {hash} is not part of the chain and the node does not know it: follow from an older block.");
            }

            lost.Add(new ChainStep(ChainStepKind.Disconnected, header));
            hash = header.Parent;
        }
    }

    private async Task RememberBeforeAsync(BlockHeader header, CancellationToken cancellationToken)
    {
        var first = header.Cursor.Number - Math.Min(header.Cursor.Number, HeadersOnResume);
        for (var number = first; number < header.Cursor.Number;)
        {
            var count = (int)Math.Min((ulong)batchCallsMax, header.Cursor.Number - number);
            foreach (var before in await ReadRangeAsync(number, count, cancellationToken).ConfigureAwait(false))
            {
                Remember(before ?? throw new ChainUnavailableException("The node lacks a block below its head."));
            }

            number += (ulong)count;
        }

        if (_recent.Count > 0 && header.Parent != Top.Cursor.Hash)
        {
            throw new ChainUnavailableException("The chain changed while it was read.");
        }

        Remember(header);
    }

    /// <summary>
    /// Whether another block stands in this one's place. A node that is merely behind, as those behind one address often are, shows no other block:
    /// its silence loses nothing.
    /// </summary>
    private async Task<bool> IsLostAsync(BlockHeader block, BlockHeader head, CancellationToken cancellationToken)
    {
        if (block.Cursor.Number >= head.Cursor.Number)
        {
            return RememberedAt(head.Cursor.Number).Cursor != head.Cursor;
        }

        if (block.Cursor.Number + 1 == head.Cursor.Number)
        {
            return block.Cursor.Hash != head.Parent;
        }

        var onChain = await ReadAsync(BlockTag.At(block.Cursor.Number), cancellationToken).ConfigureAwait(false);
        return onChain is not null && onChain.Cursor != block.Cursor;
    }

    private BlockHeader RememberedAt(ulong number)
    {
        var header = _recent.Last;
        while (header is not null && header.Value.Cursor.Number > number)
        {
            header = header.Previous;
        }

        return header?.Value ?? throw new ChainUnavailableException($"The node's head went back to block {number}, deeper than is remembered.");
    }

    /// <summary>The next blocks up to the head, as far as they follow on from the last one.</summary>
    private async Task<List<BlockHeader>> ReadNextAsync(BlockHeader head, CancellationToken cancellationToken)
    {
        var linked = new List<BlockHeader>();
        var last = Top.Cursor;
        var missing = head.Cursor.Number - last.Number - 1;
        var count = (int)Math.Min((ulong)batchCallsMax, missing);
        IReadOnlyList<BlockHeader?> headers = count == 0 ? [] : await ReadRangeAsync(last.Number + 1, count, cancellationToken).ConfigureAwait(false);
        foreach (var header in (ulong)count == missing ? headers.Append(head) : headers)
        {
            if (header is null || header.Parent != last.Hash || header.Cursor.Number != last.Number + 1)
            {
                break;
            }

            linked.Add(header);
            last = header.Cursor;
        }

        return linked;
    }

    private BlockHeader TakeBack()
    {
        var lost = Top;
        if (_recent.Count == 1)
        {
            throw new ChainUnavailableException($"The chain was reorganized below block {lost.Cursor.Number}, deeper than is remembered.");
        }

        _recent.RemoveLast();
        return lost;
    }

    private void Remember(BlockHeader header)
    {
        _recent.AddLast(header);
        if (_recent.Count > HeadersMax)
        {
            _recent.RemoveFirst();
        }
    }

    private async Task<BlockHeader?> ReadAsync(BlockTag block, CancellationToken cancellationToken) =>
        RpcJson.Block(await AskAsync(RpcCall.Block(block), cancellationToken).ConfigureAwait(false));

    private async Task<IReadOnlyList<BlockHeader?>> ReadRangeAsync(ulong first, int count, CancellationToken cancellationToken)
    {
        var calls = new RpcCall[count];
        for (var i = 0; i < count; i++)
        {
            calls[i] = RpcCall.Block(BlockTag.At(first + (ulong)i));
        }

        return [.. (await nodes.SendAsync(calls, cancellationToken).ConfigureAwait(false)).Select(RpcJson.Block)];
    }

    private async Task<RpcReply> AskAsync(RpcCall call, CancellationToken cancellationToken) =>
        (await nodes.SendAsync([call], cancellationToken).ConfigureAwait(false))[0];
}
