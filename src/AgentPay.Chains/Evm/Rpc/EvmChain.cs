using System.Runtime.CompilerServices;
using AgentPay.Domain.Decisions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Chains.Evm;

/// <summary>An EVM chain over the JSON-RPC of its nodes. Thread-safe; keep one per chain.</summary>
public sealed class EvmChain : IEvmChain, IDisposable
{
    private readonly EvmChainOptions _options;
    private readonly FollowPace _pace;
    private readonly RpcNodes _nodes;
    private readonly Broadcaster _broadcaster;
    private readonly TransferReader _transfers;
    private readonly LogSearch _search;
    private readonly DataFeeReader _dataFees;
    private readonly TimeProvider _clock;
    private readonly NodeLog _log;
    private volatile HeadSocket? _socket;
    private long _headAt;

    /// <summary>Makes the chain; nothing is asked before the first call.</summary>
    /// <exception cref="FormatException">The network is no EVM chain.</exception>
    /// <exception cref="ArgumentException">No node is named, or a bound is not positive.</exception>
    public EvmChain(EvmChainOptions options, TimeProvider clock, ILogger<EvmChain>? logger = null)
    {
        TimeSpan[] times =
            [options.PollInterval, options.BusyPollInterval, options.CallTimeout, options.WalletTimeout, options.LogsTimeout, options.FailoverTimeout, options.BreakerTime, options.CompareInterval];
        if (options.RpcUrls.Count == 0 || options.BatchCallsMax is < 1 or > 1000 || options.LogBlocksMax == 0 || options.LogCallsMax < 1
            || options.LagBlocksMax < 0 || options.ReadRetriesMax is < 0 or > 10
            || Array.Exists(times, static time => time <= TimeSpan.Zero))
        {
            throw new ArgumentException("A chain needs a node, and bounds above 0.", nameof(options));
        }

        _options = options;
        _clock = clock;
        _log = new NodeLog(options.Network, logger ?? NullLogger<EvmChain>.Instance);
        _pace = new FollowPace(options.PollInterval, options.BusyPollInterval, clock);
        ChainId = options.ChainId;
        _nodes = new RpcNodes(options, clock, _log);
        _broadcaster = new Broadcaster(_nodes);
        _dataFees = new DataFeeReader(_nodes);
        _search = new LogSearch(options.LogBlocksMax, options.LogCallsMax);
        var (batcher, codes) = (new ReadBatcher(_nodes, options.BatchCallsMax), new ContractCodes(clock));
        _transfers = new TransferReader(_nodes, batcher, codes, new DeploymentSimulation(ChainId, options.DeploymentGasMax), options.TransferGasMax);
        Permit2 = new Permit2Chain(_nodes, new Permit2Reader(_nodes, batcher, codes, options.TransferGasMax), _search);
        NodeMetrics.Register(this);
    }

    /// <inheritdoc/>
    public string Network => _options.Network;

    /// <inheritdoc/>
    public ulong ChainId { get; }

    /// <inheritdoc/>
    public IPermit2Chain? Permit2 { get; }

    /// <inheritdoc/>
    public IReadOnlyList<NodeHealth> Nodes => _socket is { } socket ? [.. _nodes.Health, socket.Health] : _nodes.Health;

    /// <summary>Since a follower of this chain saw its newest block; null before the first.</summary>
    internal TimeSpan? HeadAge => Interlocked.Read(ref _headAt) is not 0 and var at ? _clock.GetElapsedTime(at) : null;

    /// <inheritdoc/>
    public Task<TransferReading> ReadTransferAsync(Eip3009Transfer transfer, CancellationToken cancellationToken) =>
        _transfers.ReadAsync(transfer, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> IsValidSignatureAsync(Address wallet, Bytes32 digest, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken)
    {
        var call = RpcCall.View(wallet, Erc1271.Question(digest, signature.Span), BlockTag.Latest, _options.WalletGasMax);
        return AskAsync(call, static reply => reply.TryReadData(out var answer) && Erc1271.IsYes(answer), cancellationToken, CallClass.Wallet);
    }

    /// <inheritdoc/>
    public Task<ulong> ReadTransactionCountAsync(Address account, bool pending, CancellationToken cancellationToken)
    {
        var block = pending ? BlockTag.Pending : BlockTag.Latest;
        return AskAsync(RpcCall.Of("eth_getTransactionCount", account.ToString(), block.ToString()), static reply => reply.Number64(), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ulong> ReadTransactionCountAtAsync(Address account, ulong height, CancellationToken cancellationToken) =>
        AskAsync(RpcCall.Of("eth_getTransactionCount", account.ToString(), BlockTag.At(height).ToString()), static reply => reply.Number64(), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> HasCodeAsync(Address account, CancellationToken cancellationToken) => AskAsync(
        RpcCall.Of("eth_getCode", account.ToString(), "latest"), static reply => reply.HasCode(), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<bool>> HaveCodeAsync(IReadOnlyList<Address> accounts, CancellationToken cancellationToken) => _nodes.ReadAsync<IReadOnlyList<bool>>(
        CallClass.Read,
        async node =>
        {
            var requests = accounts.Chunk(_options.BatchCallsMax).Select(chunk => node.SendAsync(
                [.. chunk.Select(static account => RpcCall.Of("eth_getCode", account.ToString(), "latest"))]));
            return [.. (await Task.WhenAll(requests).ConfigureAwait(false)).SelectMany(static chunk => chunk).Select(static reply => reply.HasCode())];
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<FeeQuote> ReadFeesAsync(CancellationToken cancellationToken)
    {
        return _options.ZeroGas
            ? new FeeQuote(IsLegacy: true, UInt256.Zero, UInt256.Zero)
            : await _nodes.ReadAsync(CallClass.Read, static async node => QuoteFrom(await node.SendAsync(
                [RpcCall.Block(BlockTag.Latest), RpcCall.Of("eth_gasPrice"), RpcCall.Of("eth_maxPriorityFeePerGas")]).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<ulong?> EstimateGasAsync(Address from, Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var call = RpcCall.Raw("eth_estimateGas", $$"""[{"from":"{{from}}","to":"{{to}}","data":"{{Hex.ToPrefixed(data.Span)}}"}]""");
        return AskAsync<ulong?>(call, static reply => reply.Ran ? reply.Number64() : null, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Submission> SubmitAsync(ReadOnlyMemory<byte> signedTransaction, CancellationToken cancellationToken) =>
        (await SubmitManyAsync([signedTransaction], cancellationToken).ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Submission>> SubmitManyAsync(IReadOnlyList<ReadOnlyMemory<byte>> signedTransactions, CancellationToken cancellationToken)
    {
        var submissions = new List<Submission>(signedTransactions.Count);
        foreach (var chunk in signedTransactions.Chunk(_options.BatchCallsMax))
        {
            Invariant.That(Array.TrueForAll(chunk, static signed => !signed.IsEmpty), "Only signed bytes are submitted.");
            _pace.Hurry();
            submissions.AddRange(await _broadcaster.SubmitAsync(chunk, cancellationToken).ConfigureAwait(false));
            if (submissions[^1].Status == SubmissionStatus.Unknown)
            {
                break;
            }
        }

        return submissions;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TransactionReceipt?>> ReadReceiptsAsync(IReadOnlyList<Bytes32> transactions, CancellationToken cancellationToken) =>
        _nodes.ReadAsync(CallClass.Read, node => ReadReceiptsAsync(node, transactions), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> KnowsTransactionAsync(Bytes32 transaction, CancellationToken cancellationToken) =>
        AskAsync(RpcCall.Of("eth_getTransactionByHash", transaction.ToString()), static reply => !reply.OrThrow().IsNull, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ReadAuthorizationStateAsync(Address token, Address payer, Bytes32 nonce, BlockTag? block, CancellationToken cancellationToken)
    {
        var at = block ?? BlockTag.Latest;
        var call = TransferReader.AuthorizationState(token, payer, nonce, at, _options.TransferGasMax);
        return AskAtAsync(
            call,
            at,
            reply => reply.TryReadData(out var data) && AbiReader.TryReadBool(data, out var isUsed)
                ? isUsed
                : throw new ChainUnavailableException($"The token {token} does not tell the state of an authorization."),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<AuthorizationTrace> FindAuthorizationAsync(
        Address token, Address payer, Bytes32 nonce, ulong fromBlock, CancellationToken cancellationToken) =>
        _nodes.ReadAsync(CallClass.Logs, node => FindAuthorizationAsync(node, token, payer, nonce, fromBlock), cancellationToken);

    /// <inheritdoc/>
    public Task<BlockHeader?> ReadBlockAsync(BlockTag block, CancellationToken cancellationToken) => _nodes.ReadAsync(
        CallClass.Read,
        async node =>
        {
            var reply = await node.AskAsync(RpcCall.Block(block)).ConfigureAwait(false);
            var header = reply.Error is { } error && IsNoBlock(error) ? null : RpcJson.Block(reply);
            return header is null && node.HasNext && block.IsHeight && block.IsAtMost(node.BestHead) ? throw node.Lacks($"block {block}") : header;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<ChainFinality> ReadFinalityAsync(ulong safeDepth, ulong finalDepth, CancellationToken cancellationToken) =>
        _nodes.ReadAsync(CallClass.Read, node => FinalityReader.ReadAsync(node, safeDepth, finalDepth), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChainStep> FollowAsync(BlockCursor? from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var socket = _options.WebSocketUrl is { } url ? new HeadSocket(new NodeAddress(url), _options, _pace, _clock, _log) : null;
        var listening = socket?.RunAsync(ended.Token) ?? Task.CompletedTask;
        _socket = socket;
        try
        {
            await foreach (var step in new ChainFollower(_nodes, _pace, socket, _options.BatchCallsMax).FollowAsync(from, cancellationToken).ConfigureAwait(false))
            {
                Interlocked.Exchange(ref _headAt, _clock.GetTimestamp());
                yield return step;
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await listening.ConfigureAwait(false);
            if (ReferenceEquals(_socket, socket))
            {
                _socket = null;
                _pace.Listen(false);
            }
        }
    }

    /// <inheritdoc/>
    public Task<UInt256> ReadTokenBalanceAsync(Address token, Address owner, BlockTag? block, CancellationToken cancellationToken) => block is { } at
        ? AskAtAsync(TransferReader.BalanceOf(token, owner, at, _options.TransferGasMax), at, reply => TransferReader.Balance(token, reply), cancellationToken)
        : _transfers.ReadBalanceAsync(token, owner, cancellationToken);

    /// <inheritdoc/>
    public Task<UInt256> ReadBalanceAsync(Address account, CancellationToken cancellationToken) =>
        AskAsync(RpcCall.Of("eth_getBalance", account.ToString(), "latest"), static reply => reply.Number(), cancellationToken);

    /// <inheritdoc/>
    public Task<UInt256> ReadDataFeeAsync(ReadOnlyMemory<byte> signedTransaction, CancellationToken cancellationToken) =>
        _dataFees.ReadAsync(signedTransaction, cancellationToken);

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        NodeMetrics.Forget(this);
        _nodes.Dispose();
    }

    private static FeeQuote QuoteFrom(RpcReply[] replies)
    {
        var head = RpcJson.Block(replies[0]) ?? throw new ChainUnavailableException("The node has no head.");
        var gasPrice = replies[1].Number();
        if (head.BaseFeePerGas is not { } baseFee || (baseFee.IsZero && gasPrice.IsZero))
        {
            return new FeeQuote(IsLegacy: true, gasPrice, UInt256.Zero);
        }

        // Not every node suggests a tip; what its gas price has above the base fee is the same advice.
        var tip = replies[2].Error is null ? replies[2].Number() : gasPrice > baseFee ? gasPrice - baseFee : UInt256.Zero;
        return new FeeQuote(IsLegacy: false, (baseFee * 2UL) + tip, tip);
    }

    private async Task<IReadOnlyList<TransactionReceipt?>> ReadReceiptsAsync(NodeView node, IReadOnlyList<Bytes32> transactions)
    {
        var requests = transactions.Chunk(_options.BatchCallsMax).Select(chunk => node.SendAsync(
            [.. chunk.Select(static hash => RpcCall.Of("eth_getTransactionReceipt", hash.ToString()))]));
        var replies = await Task.WhenAll(requests).ConfigureAwait(false);
        return [.. replies.SelectMany(static chunk => chunk).Zip(transactions, RpcJson.Receipt)];
    }

    private async Task<AuthorizationTrace> FindAuthorizationAsync(NodeView node, Address token, Address payer, Bytes32 nonce, ulong fromBlock)
    {
        var head = (await node.AskAsync(RpcCall.Of("eth_blockNumber")).ConfigureAwait(false)).Number64();
        if (head < fromBlock && node.HasNext)
        {
            // No logs would be found, and that would prove nothing.
            throw node.Lacks($"block {fromBlock}");
        }

        AuthorizationTrace? found = null;
        var searchedTo = await _search.RunAsync(
            node,
            fromBlock,
            head,
            (first, last) => AuthorizationLogs(token, payer, nonce, first, last),
            async reply =>
            {
                // What the node did not filter out is not taken on its word.
                var mine = RpcJson.Logs(reply).Where(entry =>
                    entry.Log.Address == token && entry.Log.Topics.Count == 3 && entry.Log.Topics[1] == Bytes32.From(payer) && entry.Log.Topics[2] == nonce);
                foreach (var (transaction, _, log) in mine)
                {
                    found = await ReadFateAsync(node, transaction, log).ConfigureAwait(false);
                    return true;
                }

                return false;
            }).ConfigureAwait(false);
        return found ?? new AuthorizationTrace(AuthorizationFate.NoTrace, null, searchedTo);
    }

    private async Task<AuthorizationTrace> ReadFateAsync(NodeView node, Bytes32 transaction, EventLog log)
    {
        if (log.Topics[0] == Eip3009.AuthorizationCanceled)
        {
            return new AuthorizationTrace(AuthorizationFate.Canceled, null);
        }

        var receipt = (await ReadReceiptsAsync(node, [transaction]).ConfigureAwait(false))[0];
        return new AuthorizationTrace(
            AuthorizationFate.Used, receipt ?? throw new ChainUnavailableException("The node lacks the receipt of a log that it gave."));
    }

    private static RpcCall AuthorizationLogs(Address token, Address payer, Bytes32 nonce, ulong first, ulong last) => RpcCall.Raw(
        "eth_getLogs",
        $$"""[{"fromBlock":"{{Hex.Quantity(first)}}","toBlock":"{{Hex.Quantity(last)}}","address":"{{token}}","topics":[["{{Eip3009.AuthorizationUsed}}","{{Eip3009.AuthorizationCanceled}}"],"{{Bytes32.From(payer)}}","{{nonce}}"]}]""");

    // go-ethereum and Besu answer a tag that stands nowhere yet with an error instead of null.
    private static bool IsNoBlock(RpcError error) =>
        error.Code == -39001
        || error.Message.Contains("block not found", StringComparison.OrdinalIgnoreCase)
        || error.Message.Contains("unknown block", StringComparison.OrdinalIgnoreCase);

    /// <summary>Nodes word it in many ways that they lack a block of a height or its state: another one may have it.</summary>
    private Task<T> AskAtAsync<T>(RpcCall call, BlockTag block, Func<RpcReply, T> read, CancellationToken cancellationToken) => _nodes.ReadAsync(
        CallClass.Read,
        async node =>
        {
            var reply = await node.AskAsync(call).ConfigureAwait(false);
            return node.HasNext && block.IsHeight && reply.Error is { IsRevert: false } ? throw node.Lacks($"the state of block {block}") : read(reply);
        },
        cancellationToken);

    private Task<T> AskAsync<T>(RpcCall call, Func<RpcReply, T> read, CancellationToken cancellationToken, CallClass kind = CallClass.Read) =>
        _nodes.ReadAsync(kind, async node => read(await node.AskAsync(call).ConfigureAwait(false)), cancellationToken);
}
