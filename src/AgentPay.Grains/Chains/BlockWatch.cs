using System.Collections.Immutable;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>
/// Holds each new or lost block against what the signers have open. What goes wrong with one transaction is asked again and holds up no other; what goes wrong
/// with one key is left to its housekeeping while another key works.
/// </summary>
internal sealed partial class BlockWatch(
    ChainSettings settings, IEvmChain chain, ImmutableArray<SignerLane> lanes, MinedReport report, FinalityRule finality, TimeProvider clock, ILogger logger) : IDisposable
{
    private const ulong FollowedMax = 20_000;

    /// <summary>So long the chain is asked what a transaction did to a payment; then the payment asks by itself, and its neighbours wait no longer.</summary>
    private static readonly TimeSpan ToldWithin = TimeSpan.FromSeconds(5);

    private readonly SortedDictionary<ulong, HashSet<(SignerLane Lane, string Hash)>> shallow = [];

    // Mined by all we know, but the node had no receipt when it was asked, or what it proves could not be told, with the time since when.
    private readonly Dictionary<(SignerLane Lane, string Hash), long?> unread = [];

    private readonly PendingReports reports = new(report, clock);

    // A node may call a block safe that a reorganization nobody here has heard of yet put in place of ours.
    private readonly Dictionary<ulong, Bytes32> followed = [];

    // Blocks from before those, where the chain was seen to have a transaction of ours.
    private readonly HashSet<BlockReference> witnessed = [];

    // A receipt must be reported before its block can be taken back: one at a time.
    private readonly SemaphoreSlim turn = new(1, 1);

    public BlockCursor? Head { get; private set; }

    public DateTimeOffset? HeadSeenAt { get; private set; }

    /// <summary>Gas of the newest block at most; null where the node does not say.</summary>
    public ulong? BlockGasLimit { get; private set; }

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
                reports.Clear();
                followed.Clear();
                witnessed.Clear();
                foreach (var lane in lanes)
                {
                    // Blocks may have been lost that nobody will tell of; what still is in one is found again by its receipt.
                    lane.ForgetIncluded();
                }

                See(head);
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
                followed.Remove(step.Block.Cursor.Number);
                await LoseAsync(step.Block.Cursor.ToReference(), cancellationToken);
                return;
            }

            See(step.Block);
            var ours = unread.Keys.ToHashSet();
            foreach (var transaction in step.Block.Transactions)
            {
                var hash = transaction.ToString();
                ours.UnionWith(lanes.Where(lane => lane.Find(hash) is not null).Select(lane => (lane, hash)));
            }

            await ReadAsync(ours, cancellationToken);
            await ConfirmShallowAsync(cancellationToken);
            await DeepenAsync(cancellationToken);
        },
        cancellationToken);

    /// <summary>Asks again for receipts the node did not have, and for those of <paramref name="hashes"/>: no block need come for them.</summary>
    public Task AskAgainAsync(SignerLane lane, IEnumerable<string> hashes, CancellationToken cancellationToken) => TakeTurnAsync(
        async () =>
        {
            if (Head is not null)
            {
                await ReadAsync([.. unread.Keys.Where(item => item.Lane == lane), .. hashes.Select(hash => (lane, hash))], cancellationToken);
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
            Note((lane, hash), await TryMinedAsync(lane, hash, receipt, cancellationToken));
        }
        else if (receipt is not null)
        {
            Witness(receipt.Block.ToReference());
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

    private void See(BlockHeader block)
    {
        var head = block.Cursor;
        Head = head;
        BlockGasLimit = block.GasLimit;
        HeadSeenAt = clock.GetUtcNow();
        followed[head.Number] = head.Hash;
        if (head.Number >= FollowedMax && followed.Remove(head.Number - FollowedMax, out var hash))
        {
            // Where the chain calls nothing final for long, something may still be noted there.
            var old = new BlockReference(head.Number - FollowedMax, hash.ToString());
            if (lanes.Any(lane => lane.Newest?.Transactions.Values.Any(transaction => transaction.Block == old) == true))
            {
                witnessed.Add(old);
            }
        }
    }

    /// <summary>What the node has no receipt of is asked again: it told of the block, or counts the nonce.</summary>
    private async Task ReadAsync(HashSet<(SignerLane Lane, string Hash)> mined, CancellationToken cancellationToken)
    {
        // What is settled by another word meanwhile, or final, needs no receipt.
        foreach (var item in unread.Keys.Where(item => item.Lane.Find(item.Hash) is not { Block: null }).ToArray())
        {
            unread.Remove(item);
            reports.Forget(item.Hash);
        }

        // One after the other what failed before: what they are decided on could fail with it.
        var open = mined.Where(item => item.Lane.Find(item.Hash) is not null).OrderBy(HasFailed).ToArray();
        if (open.Length == 0)
        {
            return;
        }

        var receipts = await chain.ReadReceiptsAsync([.. open.Select(item => Bytes32.Parse(item.Hash))], cancellationToken);
        foreach (var (item, receipt) in open.Zip(receipts))
        {
            unread.TryAdd(item, null);
            if (receipt is null && item.Lane.Find(item.Hash) is { } transaction)
            {
                // Its receipt may have been seen in a block that was lost before the chain was followed up to it: nobody will tell of that loss.
                item.Lane.Exclude(transaction.Nonce, item.Hash);
            }
        }

        var read = open.Zip(receipts).Where(pair => pair.Second is not null).ToArray();
        var atOnce = read.TakeWhile(pair => !HasFailed(pair.First)).ToArray();
        var taken = await Task.WhenAll(atOnce.Select(pair => TryMinedAsync(pair.First.Lane, pair.First.Hash, pair.Second!, cancellationToken)));
        foreach (var (pair, isTaken) in atOnce.Zip(taken))
        {
            Note(pair.First, isTaken);
        }

        foreach (var (item, receipt) in read.Skip(atOnce.Length))
        {
            Note(item, await TryMinedAsync(item.Lane, item.Hash, receipt!, cancellationToken));
        }
    }

    private bool HasFailed((SignerLane Lane, string Hash) item) => unread.GetValueOrDefault(item) is not null;

    private void Note((SignerLane Lane, string Hash) item, bool isTaken)
    {
        if (isTaken)
        {
            unread.Remove(item);
        }
        else
        {
            unread[item] = unread.GetValueOrDefault(item) ?? clock.GetTimestamp();
        }
    }

    /// <returns>False: what the receipt proves could not be told, and is asked again, with the next block or by the key's housekeeping.</returns>
    private async Task<bool> TryMinedAsync(SignerLane lane, string hash, TransactionReceipt receipt, CancellationToken cancellationToken)
    {
        try
        {
            return await MinedAsync(lane, hash, receipt, cancellationToken);
        }
        catch (StoreUnavailableException e) when (!cancellationToken.IsCancellationRequested && HasWorkingNeighbour(lane))
        {
            lane.FallBehind(e);
            return false;
        }
        catch (ChainUnavailableException e)
        {
            LogNotTold(e, hash, lane.AddressText, settings.Network);
            return false;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not StoreUnavailableException)
        {
            LogNotReported(e, hash, lane.AddressText, settings.Network);
            return false;
        }
    }

    /// <summary>Reports a mined transaction, or keeps it until it is deep enough.</summary>
    /// <returns>False while the node has not answered what it proves.</returns>
    private async Task<bool> MinedAsync(SignerLane lane, string hash, TransactionReceipt receipt, CancellationToken cancellationToken)
    {
        if (lane.Find(hash) is not { } transaction)
        {
            return true;
        }

        var head = Head!.Value.Number;
        var deepAt = receipt.Block.Number + (ulong)settings.Confirmations - 1;
        if (deepAt > head)
        {
            lane.Include(transaction.Nonce, hash);
            lock (shallow)
            {
                (shallow.TryGetValue(deepAt, out var items) ? items : shallow[deepAt] = []).Add((lane, hash));
            }

            return true;
        }

        var failedSince = unread.GetValueOrDefault((lane, hash));
        var isLast = failedSince is { } since && clock.GetElapsedTime(since) >= ToldWithin;
        if (await reports.TryMakeAsync(transaction, receipt, head, isLast, waits: failedSince is null, cancellationToken) is not { } proven)
        {
            return false;
        }

        Witness(receipt.Block.ToReference());
        await lane.Grain.MinedAsync(transaction.Nonce, hash, receipt.Block.ToReference(), proven, MinedReport.IsStarved(transaction, receipt));
        return true;
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
        witnessed.Remove(block);
        foreach (var lane in lanes)
        {
            lane.ForgetIncluded();
            await KeepToLaneAsync(
                lane,
                async () =>
                {
                    foreach (var transaction in lane.Newest?.Transactions.Values.Where(transaction => transaction.Block == block).ToArray() ?? [])
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        await lane.Grain.LostAsync(transaction.Nonce, block);
                    }
                },
                cancellationToken);
        }
    }

    /// <summary>A key that did not hear is taken up anew, which finds all it missed. When no other key works it is not for one key, and all start over.</summary>
    private async Task KeepToLaneAsync(SignerLane lane, Func<Task> tell, CancellationToken cancellationToken)
    {
        try
        {
            await tell();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && HasWorkingNeighbour(lane))
        {
            lane.FallBehind(e);
        }
    }

    private bool HasWorkingNeighbour(SignerLane lane) => lanes.Any(one => one != lane && one is { IsOurs: true, IsCaughtUp: true, IsBehind: false });

    /// <summary>Tells the signers which of their blocks became safe or final.</summary>
    private async Task DeepenAsync(CancellationToken cancellationToken)
    {
        var working = lanes.Where(lane => lane.IsCaughtUp && lane.Newest is { } signer && signer.Transactions.Count > signer.InFlight).ToArray();
        if (working.Length == 0)
        {
            return;
        }

        var heights = await finality.TryReadAsync(Head!.Value.Number, cancellationToken);
        foreach (var lane in working)
        {
            // What was noted late, by a write that had been given up, may be of a block whose loss was told before.
            var signer = lane.Newest!;
            if (FindUnseen(signer) is { } unseen)
            {
                lane.FallBehind(new ChainUnavailableException($"A transaction is noted in block {unseen.Number} {unseen.Hash}, which nobody here has seen."));
                continue;
            }

            await KeepToLaneAsync(lane, () => DeepenAsync(lane, signer, heights), cancellationToken);
        }
    }

    /// <summary>A block in which a transaction is noted and that the chain that is followed does not have, by what was seen of it; null when there is none.</summary>
    private BlockReference? FindUnseen(Signer signer)
    {
        BlockReference? seen = null;
        foreach (var transaction in signer.Transactions.Values)
        {
            if (transaction.Block is { } block && block != seen)
            {
                if (followed.TryGetValue(block.Number, out var hash) ? hash.ToString() != block.Hash : !witnessed.Contains(block))
                {
                    return block;
                }

                seen = block;
            }
        }

        return null;
    }

    private void Witness(BlockReference block)
    {
        if (!followed.ContainsKey(block.Number))
        {
            witnessed.Add(block);
        }
    }

    private async Task DeepenAsync(SignerLane lane, Signer signer, SettledHeights heights)
    {
        var finals = MinedUpTo(signer, from: 0, heights.Final).ToImmutableArray();
        if (!finals.IsEmpty)
        {
            await lane.Grain.FinalAsync(finals);
        }

        var safes = MinedUpTo(signer, signer.SafeTo, heights.Safe).Except(finals).ToArray();
        if (safes.Length > 0)
        {
            await lane.Grain.SafeAsync(safes[^1] + 1);
        }
    }

    /// <summary>Nonces, in order, of what was mined not above a height; none while the node's chain is not the followed one there.</summary>
    private IEnumerable<ulong> MinedUpTo(Signer signer, ulong from, SettledHeight? height) => height is not { } settled || !IsFollowed(settled)
        ? []
        : signer.Transactions.Values
            .SkipWhile(transaction => transaction.Nonce < from)
            .TakeWhile(transaction => transaction.Block is { } block && block.Number <= settled.Number)
            .Select(transaction => transaction.Nonce);

    private bool IsFollowed(SettledHeight settled) =>
        settled.Number <= Head!.Value.Number && (settled.Hash is not { } hash || !followed.TryGetValue(settled.Number, out var ours) || ours == hash);

    [LoggerMessage(EventId = 1318, Level = LogLevel.Warning, Message = "What {Hash} of {Signer} did on {Network} could not be told; it is asked again, and others go on.")]
    private partial void LogNotTold(Exception reason, string hash, string signer, string network);

    [LoggerMessage(EventId = 1319, Level = LogLevel.Error, Message = "What {Hash} of {Signer} did on {Network} could not be noted; it is tried again, and others go on.")]
    private partial void LogNotReported(Exception reason, string hash, string signer, string network);
}
