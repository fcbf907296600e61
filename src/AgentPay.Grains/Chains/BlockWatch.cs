using System.Collections.Immutable;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Chains;

/// <summary>Holds each new or lost block against what the signers have open.</summary>
internal sealed class BlockWatch(ChainSettings settings, IEvmChain chain, ImmutableArray<SignerLane> lanes, MinedReport report, TimeProvider clock)
    : IDisposable
{
    private readonly SortedDictionary<ulong, HashSet<(SignerLane Lane, string Hash)>> shallow = [];

    // Mined by all we know, but the node had no receipt when it was asked.
    private readonly HashSet<(SignerLane Lane, string Hash)> unread = [];

    // A receipt must be reported before its block can be taken back: one at a time.
    private readonly SemaphoreSlim turn = new(1, 1);

    public BlockCursor? Head { get; private set; }

    public DateTimeOffset? HeadSeenAt { get; private set; }

    /// <summary>The block to follow from.</summary>
    public async Task<BlockCursor> StartAsync(CancellationToken cancellationToken)
    {
        var head = await chain.ReadBlockAsync(BlockTag.Latest, cancellationToken)
            ?? throw new ChainUnavailableException("The node has no latest block.");
        await TakeTurnAsync(
            () =>
            {
                shallow.Clear();
                unread.Clear();
                See(head.Cursor);
                return Task.CompletedTask;
            },
            cancellationToken);
        return head.Cursor;
    }

    /// <summary>Asks for the receipt of everything open: what was mined, moved or lost while nobody looked.</summary>
    public Task CheckOpenAsync(SignerLane lane, CancellationToken cancellationToken) => TakeTurnAsync(
        async () =>
        {
            var open = lane.Newest?.Transactions.Values
                .SelectMany(transaction => transaction.Forms, (transaction, form) => (transaction, form.Hash)).ToArray() ?? [];
            foreach (var chunk in open.Chunk(100))
            {
                var receipts = await chain.ReadReceiptsAsync([.. chunk.Select(item => Bytes32.Parse(item.Hash))], cancellationToken);
                for (var i = 0; i < chunk.Length; i++)
                {
                    await CheckAsync(lane, chunk[i].transaction, chunk[i].Hash, receipts[i], cancellationToken);
                }
            }
        },
        cancellationToken);

    public Task StepAsync(ChainStep step, CancellationToken cancellationToken) => TakeTurnAsync(
        async () =>
        {
            if (step.Kind == ChainStepKind.Disconnected)
            {
                await LoseAsync(step.Block.Cursor.ToReference(), cancellationToken);
                return;
            }

            See(step.Block.Cursor);
            var ours = unread.ToHashSet();
            foreach (var transaction in step.Block.Transactions)
            {
                var hash = transaction.ToString();
                ours.UnionWith(lanes.Where(lane => lane.Find(hash) is not null).Select(lane => (lane, hash)));
            }

            await ReadAsync(ours, cancellationToken);
            await ConfirmShallowAsync(cancellationToken);
            await FinalizeAsync(step.Block.Cursor.Number);
        },
        cancellationToken);

    /// <summary>Asks again for receipts the node did not have, and for those of <paramref name="hashes"/>: no block need come for them.</summary>
    public Task AskAgainAsync(SignerLane lane, IEnumerable<string> hashes, CancellationToken cancellationToken) => TakeTurnAsync(
        async () =>
        {
            if (Head is not null)
            {
                await ReadAsync([.. unread.Where(item => item.Lane == lane), .. hashes.Select(hash => (lane, hash))], cancellationToken);
            }
        },
        cancellationToken);

    public void Dispose() => turn.Dispose();

    private async Task TakeTurnAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            await work();
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task CheckAsync(SignerLane lane, SignerTransaction transaction, string hash, TransactionReceipt? receipt, CancellationToken cancellationToken)
    {
        if (transaction.Block is { } block && transaction.MinedHash == hash && receipt?.Block.ToReference() != block)
        {
            await DemandLostAsync(lane, block, cancellationToken);
            await lane.Grain.LostAsync(transaction.Nonce, block);
        }

        if (receipt is not null && receipt.Block.ToReference() != transaction.Block)
        {
            await MinedAsync(lane, hash, receipt, cancellationToken);
        }
    }

    /// <summary>Only another block in its place proves a block lost: a node may be behind, or not have indexed its receipts.</summary>
    private async Task DemandLostAsync(SignerLane lane, BlockReference block, CancellationToken cancellationToken)
    {
        var standing = await chain.ReadBlockAsync(BlockTag.At(block.Number), cancellationToken)
            ?? throw new ChainUnavailableException(lane.Reset ?? $"The node does not have block {block.Number} yet.");
        if (standing.Cursor.ToReference() == block)
        {
            throw new ChainUnavailableException($"The node has block {block.Number} but not its receipts.");
        }
    }

    private void See(BlockCursor head)
    {
        Head = head;
        HeadSeenAt = clock.GetUtcNow();
    }

    /// <summary>What the node has no receipt of is asked again: it told of the block, or counts the nonce.</summary>
    private async Task ReadAsync(HashSet<(SignerLane Lane, string Hash)> mined, CancellationToken cancellationToken)
    {
        // What is settled by another word meanwhile, or final, needs no receipt.
        unread.RemoveWhere(item => item.Lane.Find(item.Hash) is not { Block: null });
        var open = mined.Where(item => item.Lane.Find(item.Hash) is not null).ToArray();
        if (open.Length == 0)
        {
            return;
        }

        var receipts = await chain.ReadReceiptsAsync([.. open.Select(item => Bytes32.Parse(item.Hash))], cancellationToken);
        unread.UnionWith(open);
        await Task.WhenAll(open.Select((item, i) => receipts[i] is { } receipt
            ? MinedAsync(item.Lane, item.Hash, receipt, cancellationToken)
            : Task.CompletedTask));
        unread.ExceptWith(open.Where((_, i) => receipts[i] is not null));
    }

    /// <summary>Reports a mined transaction, or keeps it until it is deep enough.</summary>
    private async Task MinedAsync(SignerLane lane, string hash, TransactionReceipt receipt, CancellationToken cancellationToken)
    {
        if (lane.Find(hash) is not { } transaction)
        {
            return;
        }

        var head = Head!.Value.Number;
        var deepAt = receipt.Block.Number + (ulong)settings.Confirmations - 1;
        if (deepAt > head)
        {
            lane.Include(transaction.Nonce);
            lock (shallow)
            {
                (shallow.TryGetValue(deepAt, out var items) ? items : shallow[deepAt] = []).Add((lane, hash));
            }

            return;
        }

        var reports = await report.MakeAsync(transaction, receipt, head, cancellationToken);
        await lane.Grain.MinedAsync(transaction.Nonce, hash, receipt.Block.ToReference(), reports, MinedReport.IsStarved(transaction, receipt));
    }

    /// <summary>Reads the receipts again at their depth: a block may have been lost in between.</summary>
    private async Task ConfirmShallowAsync(CancellationToken cancellationToken)
    {
        var deep = new HashSet<(SignerLane Lane, string Hash)>();
        foreach (var (at, items) in shallow.TakeWhile(entry => entry.Key <= Head!.Value.Number).ToArray())
        {
            deep.UnionWith(items);
            shallow.Remove(at);
        }

        await ReadAsync(deep, cancellationToken);
    }

    private async Task LoseAsync(BlockReference block, CancellationToken cancellationToken)
    {
        foreach (var lane in lanes)
        {
            lane.ForgetIncluded();
            foreach (var transaction in lane.Newest?.Transactions.Values.Where(transaction => transaction.Block == block).ToArray() ?? [])
            {
                cancellationToken.ThrowIfCancellationRequested();
                await lane.Grain.LostAsync(transaction.Nonce, block);
            }
        }
    }

    private async Task FinalizeAsync(ulong head)
    {
        foreach (var lane in lanes)
        {
            var final = lane.Newest?.Transactions.Values
                .TakeWhile(transaction => transaction.Block is { } block && block.Number + (ulong)settings.FinalityDepth <= head)
                .Select(transaction => transaction.Nonce).ToImmutableArray() ?? [];
            if (!final.IsEmpty)
            {
                await lane.Grain.FinalAsync(final);
            }
        }
    }
}
