using System.Collections.Immutable;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Chains;

/// <summary>Holds each new or lost block against what the signers have open.</summary>
internal sealed class BlockWatch(ChainSettings settings, IEvmChain chain, ImmutableArray<SignerLane> lanes, MinedReport report, TimeProvider clock)
{
    private readonly SortedDictionary<ulong, List<(SignerLane Lane, string Hash)>> shallow = [];

    public BlockCursor? Head { get; private set; }

    public DateTimeOffset? HeadSeenAt { get; private set; }

    /// <summary>The block to follow from.</summary>
    public async Task<BlockCursor> StartAsync(CancellationToken cancellationToken)
    {
        var head = await chain.ReadBlockAsync(BlockTag.Latest, cancellationToken)
            ?? throw new ChainUnavailableException("The node has no latest block.");
        shallow.Clear();
        See(head.Cursor);
        return head.Cursor;
    }

    /// <summary>Asks for the receipt of everything open: what was mined, moved or lost while nobody looked.</summary>
    public async Task CheckOpenAsync(SignerLane lane, CancellationToken cancellationToken)
    {
        var open = lane.Newest?.Transactions.Values.SelectMany(transaction => transaction.Forms, (transaction, form) => (transaction, form.Hash)).ToArray() ?? [];
        foreach (var chunk in open.Chunk(100))
        {
            var receipts = await chain.ReadReceiptsAsync([.. chunk.Select(item => Bytes32.Parse(item.Hash))], cancellationToken);
            for (var i = 0; i < chunk.Length; i++)
            {
                var (transaction, hash) = chunk[i];
                if (transaction.Block is { } block && transaction.MinedHash == hash && receipts[i]?.Block.ToReference() != block)
                {
                    await lane.Grain.LostAsync(transaction.Nonce, block);
                }

                if (receipts[i] is { } receipt && receipt.Block.ToReference() != transaction.Block)
                {
                    await MinedAsync(lane, hash, receipt, cancellationToken);
                }
            }
        }
    }

    public async Task StepAsync(ChainStep step, CancellationToken cancellationToken)
    {
        if (step.Kind == ChainStepKind.Disconnected)
        {
            await LoseAsync(step.Block.Cursor.ToReference(), cancellationToken);
            return;
        }

        See(step.Block.Cursor);
        var ours = new List<(SignerLane Lane, string Hash)>();
        foreach (var transaction in step.Block.Transactions)
        {
            var hash = transaction.ToString();
            ours.AddRange(lanes.Where(lane => lane.Find(hash) is not null).Select(lane => (lane, hash)));
        }

        await ReadAsync(ours, cancellationToken);
        await ConfirmShallowAsync(cancellationToken);
        await FinalizeAsync(step.Block.Cursor.Number);
    }

    private void See(BlockCursor head)
    {
        Head = head;
        HeadSeenAt = clock.GetUtcNow();
    }

    private async Task ReadAsync(List<(SignerLane Lane, string Hash)> mined, CancellationToken cancellationToken)
    {
        if (mined.Count == 0)
        {
            return;
        }

        var receipts = await chain.ReadReceiptsAsync([.. mined.Select(item => Bytes32.Parse(item.Hash))], cancellationToken);
        await Task.WhenAll(mined.Select((item, i) => receipts[i] is { } receipt
            ? MinedAsync(item.Lane, item.Hash, receipt, cancellationToken)
            : Task.CompletedTask));
    }

    /// <summary>Reports a mined transaction, or keeps it until it is deep enough.</summary>
    private async Task MinedAsync(SignerLane lane, string hash, TransactionReceipt receipt, CancellationToken cancellationToken)
    {
        if (lane.Find(hash) is not { } transaction)
        {
            return;
        }

        if (receipt.Block.Number + (ulong)settings.Confirmations - 1 > Head!.Value.Number)
        {
            lock (shallow)
            {
                var deepAt = receipt.Block.Number + (ulong)settings.Confirmations - 1;
                (shallow.TryGetValue(deepAt, out var list) ? list : shallow[deepAt] = []).Add((lane, hash));
            }

            return;
        }

        var reports = await report.MakeAsync(transaction, receipt, cancellationToken);
        await lane.Grain.MinedAsync(transaction.Nonce, hash, receipt.Block.ToReference(), reports);
    }

    /// <summary>Reads the receipts again at their depth: a block may have been lost in between.</summary>
    private async Task ConfirmShallowAsync(CancellationToken cancellationToken)
    {
        var deep = new List<(SignerLane Lane, string Hash)>();
        lock (shallow)
        {
            foreach (var (at, list) in shallow.TakeWhile(entry => entry.Key <= Head!.Value.Number).ToArray())
            {
                deep.AddRange(list);
                shallow.Remove(at);
            }
        }

        await ReadAsync(deep, cancellationToken);
    }

    private async Task LoseAsync(BlockReference block, CancellationToken cancellationToken)
    {
        foreach (var lane in lanes)
        {
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
