using System.Runtime.CompilerServices;

namespace AgentPay.Chains.Evm.Simulated;

/// <summary>
/// An EVM chain in memory, for tests and simulations: it decodes real signed transactions, checks what a real token checks, and lets its owner mine,
/// reorganize and misbehave. Deterministic: nothing happens unless asked, and time is the clock's. No account but the tokens, and whoever delegates, has code.
/// </summary>
public sealed partial class SimulatedEvmChain : IEvmChain
{
    private const ulong GasUsed = 90_000;

    private readonly Lock gate = new();
    private readonly TimeProvider clock;
    private readonly Dictionary<Address, SimulatedToken> tokens;
    private readonly List<SimulatedBlock> blocks = [];
    private readonly Dictionary<Bytes32, BlockHeader> everyHeader = [];
    private readonly HashSet<(Address Token, Bytes32 Payer, Bytes32 Nonce)> everUsed = [];
    private readonly List<DecodedTransaction> pool = [];
    private readonly HashSet<Bytes32> heldBack = [];
    private readonly HashSet<Address> unfunded = [];
    private readonly Dictionary<Address, ulong> foreign = [];
    private readonly HashSet<Address> delegated = [];
    private TaskCompletionSource changed = NewSignal();
    private volatile bool isAvailable = true;
    private long uniques;

    /// <summary>Starts a chain with an empty first block.</summary>
    public SimulatedEvmChain(ulong chainId, IEnumerable<SimulatedToken> tokens, TimeProvider clock)
    {
        ChainId = chainId;
        Network = $"eip155:{chainId}";
        this.clock = clock;
        this.tokens = tokens.ToDictionary(token => token.Address);
        var header = new BlockHeader(new BlockCursor(0, Unique("block")), default, Now, UInt256.One, []);
        Add(new SimulatedBlock(header, new SimulatedLedger(), [], []));
    }

    /// <inheritdoc/>
    public string Network { get; }

    /// <inheritdoc/>
    public ulong ChainId { get; }

    private SimulatedBlock Head => blocks[^1];

    private ulong Now => (ulong)clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>A standing clock gives blocks of one second: time never runs ahead of the clock.</summary>
    private ulong NextTime => Math.Max(Head.Header.Timestamp, Now);

    /// <inheritdoc/>
    public Task<TransferReading> ReadTransferAsync(Eip3009Transfer transfer, CancellationToken cancellationToken) => Ask(() =>
    {
        if (!tokens.TryGetValue(transfer.Token, out var token))
        {
            return new TransferReading(false, TransferVerdict.TokenHasNoCode);
        }

        if (transfer.Deployment is not null)
        {
            return new TransferReading(false, TransferVerdict.DeploymentFailed);
        }

        var ledger = Head.Ledger;
        var verdict = ledger.Transfer(token, ChainId, transfer, NextTime) is not null ? TransferVerdict.Accepted
            : ledger.Spent.Contains((token.Address, transfer.From, transfer.Nonce)) ? TransferVerdict.NonceUsed
            : token.Name != transfer.DomainName ? TransferVerdict.NameMismatch
            : token.Version != transfer.DomainVersion ? TransferVerdict.VersionMismatch
            : ledger.BalanceOf(token.Address, transfer.From) < transfer.Value ? TransferVerdict.InsufficientBalance
            : TransferVerdict.SimulationFailed;
        return new TransferReading(false, verdict);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> IsValidSignatureAsync(Address wallet, Bytes32 digest, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken) =>
        Ask(() => false, cancellationToken);

    /// <inheritdoc/>
    public Task<ulong> ReadTransactionCountAsync(Address account, bool pending, CancellationToken cancellationToken) => Ask(() =>
    {
        if (FailsToCount(account))
        {
            CountFailures++;
            throw new ChainUnavailableException("The node does not count that account's transactions.");
        }

        var count = Head.Ledger.NonceOf(account) + (pending ? foreign.GetValueOrDefault(account) : 0);
        while (pending && pool.Exists(waiting => waiting.Sender == account && waiting.Request.Nonce == count && !heldBack.Contains(waiting.Hash)))
        {
            count++;
        }

        return count;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<ulong> ReadTransactionCountAtAsync(Address account, ulong height, CancellationToken cancellationToken) => Ask(
        () => Canonical(height)?.Ledger.NonceOf(account) ?? throw new ChainUnavailableException("The node has no such block."), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> HasCodeAsync(Address account, CancellationToken cancellationToken) =>
        Ask(() => tokens.ContainsKey(account) || (HasMulticall3 && account == Multicall3.Address) || delegated.Contains(account), cancellationToken);

    /// <inheritdoc/>
    public Task<FeeQuote> ReadFeesAsync(CancellationToken cancellationToken) =>
        Ask(() => TellsFees ? Fees : throw new ChainUnavailableException("The node does not tell what gas costs."), cancellationToken);

    /// <inheritdoc/>
    public Task<ulong?> EstimateGasAsync(Address from, Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        Ask<ulong?>(() => tokens.TryGetValue(to, out var token) && Head.Ledger.Call(token, ChainId, data.Span, NextTime) is null ? null : TellsGas(from, GasUsed), cancellationToken);

    /// <inheritdoc/>
    public Task<Submission> SubmitAsync(ReadOnlyMemory<byte> signedTransaction, CancellationToken cancellationToken)
    {
        var answer = new Submission(SubmissionStatus.Unknown, Message: "The node does not answer.");
        lock (gate)
        {
            Submissions++;
            if (LostRequests > 0)
            {
                LostRequests--;
            }
            else if (isAvailable)
            {
                var taken = Take(signedTransaction.Span);
                answer = LostAnswers > 0 ? answer : taken;
                LostAnswers = Math.Max(LostAnswers - 1, 0);
            }
        }

        if (Automine && Pool.Count > 0)
        {
            Mine();
        }

        return Task.FromResult(answer);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TransactionReceipt?>> ReadReceiptsAsync(IReadOnlyList<Bytes32> transactions, CancellationToken cancellationToken) =>
        Ask<IReadOnlyList<TransactionReceipt?>>(
            () =>
            {
                HiddenReceipts += HidesReceipts ? transactions.Count : 0;
                TransactionReceipt?[] told = [.. transactions.Select(hash => HidesReceipts ? null : FindReceipt(hash))];
                ReceiptsTold += told.Count(static receipt => receipt is not null);
                return told;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<bool> KnowsTransactionAsync(Bytes32 transaction, CancellationToken cancellationToken) =>
        Ask(() => pool.Exists(waiting => waiting.Hash == transaction) || FindReceipt(transaction) is not null, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> ReadAuthorizationStateAsync(Address token, Address payer, Bytes32 nonce, BlockTag? block, CancellationToken cancellationToken)
    {
        await BeforeTelling(payer).WaitAsync(cancellationToken).ConfigureAwait(false);
        return await Ask(() => FailsToTell(payer) ? throw new ChainUnavailableException("The token does not tell the state of an authorization.")
            : Demand(block).Ledger.Spent.Contains((token, payer, nonce)), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<AuthorizationTrace> FindAuthorizationAsync(Address token, Address payer, Bytes32 nonce, ulong fromBlock, CancellationToken cancellationToken) =>
        Ask(() =>
        {
            Traces++;
            var searched = blocks.Where(block => block.Header.Cursor.Number >= fromBlock && block.Header.Cursor.Number - fromBlock < SearchBlocksMax).ToArray();
            foreach (var receipt in searched.SelectMany(block => block.Receipts))
            {
                var log = receipt.Logs.FirstOrDefault(log => log.Address == token && log.Topics[1] == Bytes32.From(payer) && log.Topics[2] == nonce);
                if (log is not null)
                {
                    return log.Topics[0] == Eip3009.AuthorizationCanceled
                        ? new AuthorizationTrace(AuthorizationFate.Canceled, null)
                        : new AuthorizationTrace(AuthorizationFate.Used, receipt);
                }
            }

            return new AuthorizationTrace(AuthorizationFate.NoTrace, null, searched.Length == 0 ? null : searched[^1].Header.Cursor.Number);
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<BlockHeader?> ReadBlockAsync(BlockTag block, CancellationToken cancellationToken) => Ask(() => Find(block)?.Header, cancellationToken);

    /// <inheritdoc/>
    public Task<ChainFinality> ReadFinalityAsync(ulong safeDepth, ulong finalDepth, CancellationToken cancellationToken) => Ask(() =>
    {
        var head = Find(BlockTag.Latest)!.Header;
        (BlockHeader? Block, FinalityBasis Basis) Read(BlockTag tag, ulong depth) =>
            Find(tag) is { } block ? (block.Header, FinalityBasis.Tag)
            : (head.Cursor.Number < depth ? null : Canonical(head.Cursor.Number - depth)!.Header, FinalityBasis.Depth);

        var (safe, final) = (Read(BlockTag.Safe, safeDepth), Read(BlockTag.Finalized, finalDepth));
        return TellsFinality(new ChainFinality(head, safe.Block, safe.Basis, final.Block, final.Basis));
    }, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChainStep> FollowAsync(BlockCursor? from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = await Ask(() => from?.Hash ?? Head.Header.Cursor.Hash, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var (step, signal) = await Ask(() => (TellsBlocks ? NextStep(last) : null, changed.Task), cancellationToken).ConfigureAwait(false);
            if (step is null)
            {
                await signal.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            last = step.Kind == ChainStepKind.Connected ? step.Block.Cursor.Hash : step.Block.Parent;
            yield return step;
        }
    }

    /// <inheritdoc/>
    public Task<UInt256> ReadTokenBalanceAsync(Address token, Address owner, BlockTag? block, CancellationToken cancellationToken) =>
        Ask(() => Demand(block).Ledger.BalanceOf(token, owner), cancellationToken);

    /// <inheritdoc/>
    public Task<UInt256> ReadBalanceAsync(Address account, CancellationToken cancellationToken) =>
        Ask(() => TellsBalance(account, unfunded.Contains(account) ? UInt256.Zero : (UInt256)1_000_000_000_000_000_000UL), cancellationToken);

    /// <inheritdoc/>
    public Task<UInt256> ReadDataFeeAsync(ReadOnlyMemory<byte> signedTransaction, CancellationToken cancellationToken) => Ask(() => DataFee, cancellationToken);

    private Submission Take(ReadOnlySpan<byte> raw)
    {
        DecodedTransaction transaction;
        try
        {
            transaction = EvmTransaction.Decode(raw);
        }
        catch (FormatException e)
        {
            return Rejected(SubmissionRejection.Other, e.Message);
        }

        if (transaction.Request.ChainId != ChainId)
        {
            return Rejected(SubmissionRejection.Other, "invalid chain id");
        }

        if (pool.Exists(waiting => waiting.Hash == transaction.Hash))
        {
            return new Submission(SubmissionStatus.Accepted);
        }

        if (RefusesAll)
        {
            return Rejected(SubmissionRejection.Other, "pool is full");
        }

        if (transaction.Request.Nonce < Head.Ledger.NonceOf(transaction.Sender))
        {
            return Rejected(SubmissionRejection.NonceTooLow, "nonce too low");
        }

        if (Judges(transaction) is var opinion and not SubmissionRejection.None)
        {
            return Rejected(opinion, "the node does not take it");
        }

        if (unfunded.Contains(transaction.Sender))
        {
            return Rejected(SubmissionRejection.InsufficientFunds, "insufficient funds for gas");
        }

        var rival = pool.FindIndex(waiting => waiting.Sender == transaction.Sender && waiting.Request.Nonce == transaction.Request.Nonce);
        if (rival >= 0 && transaction.Request.Fees.MaxFeePerGas * 10UL < pool[rival].Request.Fees.MaxFeePerGas * 11UL)
        {
            return Rejected(SubmissionRejection.ReplacementUnderpriced, "replacement transaction underpriced");
        }

        if (rival >= 0)
        {
            pool.RemoveAt(rival);
        }

        pool.Add(transaction);
        return new Submission(SubmissionStatus.Accepted);
    }

    private static Submission Rejected(SubmissionRejection rejection, string words) => new(SubmissionStatus.Rejected, rejection, words);

    private ChainStep? NextStep(Bytes32 last)
    {
        if (!everyHeader.TryGetValue(last, out var given))
        {
            throw new ChainUnavailableException("The node does not know the block to follow from.");
        }

        if (Canonical(given.Cursor.Number)?.Header.Cursor.Hash != last)
        {
            return new ChainStep(ChainStepKind.Disconnected, given);
        }

        return Canonical(given.Cursor.Number + 1) is { } next ? new ChainStep(ChainStepKind.Connected, next.Header) : null;
    }

    private SimulatedBlock? Canonical(ulong number) => number < (ulong)blocks.Count ? blocks[(int)number] : null;

    private SimulatedBlock? Find(BlockTag tag)
    {
        var height = Head.Header.Cursor.Number;
        return tag switch
        {
            _ when tag == BlockTag.Latest || tag == BlockTag.Pending => Canonical(height - Math.Min(height, LatestLag)),
            _ when tag == BlockTag.Safe => !KnowsFinalized ? null : Canonical(height - Math.Min(height, SafeDepth)),
            _ when tag == BlockTag.Finalized => !KnowsFinalized ? null : Canonical(height - Math.Min(height, FinalizedDepth)),
            _ => blocks.Find(block => BlockTag.At(block.Header.Cursor.Number) == tag),
        };
    }

    private SimulatedBlock Demand(BlockTag? block) => Find(block ?? BlockTag.Latest) ?? throw new ChainUnavailableException("The node has no such block.");

    private TransactionReceipt? FindReceipt(Bytes32 transaction) =>
        blocks.SelectMany(block => block.Receipts).FirstOrDefault(receipt => receipt.Transaction == transaction);

    private Task<T> Ask<T>(Func<T> answer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            return isAvailable ? Task.FromResult(answer()) : Task.FromException<T>(new ChainUnavailableException("The node does not answer."));
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
