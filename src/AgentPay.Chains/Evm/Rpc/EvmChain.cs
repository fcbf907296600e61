using AgentPay.Domain.Decisions;

namespace AgentPay.Chains.Evm;

/// <summary>An EVM chain over the JSON-RPC of its nodes. Thread-safe; keep one per chain.</summary>
public sealed class EvmChain : IEvmChain, IDisposable
{
    private static readonly byte[] ValidSignature = [0x16, 0x26, 0xba, 0x7e, .. new byte[28]];

    private readonly EvmChainOptions _options;
    private readonly FollowPace _pace;
    private readonly RpcNodes _nodes;
    private readonly TransferReader _transfers;
    private ulong _logBlocks;

    /// <summary>Makes the chain; nothing is asked before the first call.</summary>
    /// <exception cref="FormatException">The network is no EVM chain.</exception>
    /// <exception cref="ArgumentException">No node is named, or a bound is not positive.</exception>
    public EvmChain(EvmChainOptions options, TimeProvider clock)
    {
        if (options.RpcUrls.Count == 0 || options.BatchCallsMax is < 1 or > 1000 || options.LogBlocksMax == 0 || options.LogCallsMax < 1
            || options.PollInterval <= TimeSpan.Zero || options.BusyPollInterval <= TimeSpan.Zero || options.CallTimeout <= TimeSpan.Zero || options.WalletTimeout <= TimeSpan.Zero)
        {
            throw new ArgumentException("A chain needs a node, and bounds above 0.", nameof(options));
        }

        _options = options;
        _pace = new FollowPace(options.PollInterval, options.BusyPollInterval, clock);
        _logBlocks = options.LogBlocksMax;
        ChainId = options.ChainId;
        _nodes = new RpcNodes([.. options.RpcUrls.Select(url => new JsonRpcClient(url, clock))], ChainId, options.CallTimeout);
        _transfers = new TransferReader(new ReadBatcher(_nodes, options.BatchCallsMax), new ContractCodes(clock), options.TransferGasMax);
    }

    /// <inheritdoc/>
    public string Network => _options.Network;

    /// <inheritdoc/>
    public ulong ChainId { get; }

    /// <inheritdoc/>
    public Task<TransferReading> ReadTransferAsync(Eip3009Transfer transfer, CancellationToken cancellationToken) =>
        _transfers.ReadAsync(transfer, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> IsValidSignatureAsync(Address wallet, Bytes32 digest, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken)
    {
        var data = new AbiWriter("isValidSignature(bytes32,bytes)").Word(digest).Bytes(signature.Span).ToArray();
        var call = RpcCall.View(wallet, data, BlockTag.Latest, _options.WalletGasMax);
        var replies = await _nodes.SendAsync([call], cancellationToken, _options.WalletTimeout).ConfigureAwait(false);
        return replies[0].TryReadData(out var answer) && answer.AsSpan().SequenceEqual(ValidSignature);
    }

    /// <inheritdoc/>
    public async Task<ulong> ReadTransactionCountAsync(Address account, bool pending, CancellationToken cancellationToken)
    {
        var block = pending ? BlockTag.Pending : BlockTag.Latest;
        return (await AskAsync(RpcCall.Of("eth_getTransactionCount", account.ToString(), block.ToString()), cancellationToken).ConfigureAwait(false)).Number64();
    }

    /// <inheritdoc/>
    public async Task<FeeQuote> ReadFeesAsync(CancellationToken cancellationToken)
    {
        if (_options.ZeroGas)
        {
            return new FeeQuote(IsLegacy: true, UInt256.Zero, UInt256.Zero);
        }

        var replies = await _nodes.SendAsync(
            [RpcCall.Block(BlockTag.Latest), RpcCall.Of("eth_gasPrice"), RpcCall.Of("eth_maxPriorityFeePerGas")], cancellationToken).ConfigureAwait(false);
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

    /// <inheritdoc/>
    public async Task<ulong?> EstimateGasAsync(Address from, Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var call = RpcCall.Raw("eth_estimateGas", $$"""[{"from":"{{from}}","to":"{{to}}","data":"{{Hex.ToPrefixed(data.Span)}}"}]""");
        var reply = await AskAsync(call, cancellationToken).ConfigureAwait(false);
        return reply.Ran ? reply.Number64() : null;
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
            submissions.AddRange(await SubmitChunkAsync(chunk, cancellationToken).ConfigureAwait(false));
            if (submissions[^1].Status == SubmissionStatus.Unknown)
            {
                break;
            }
        }

        return submissions;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TransactionReceipt?>> ReadReceiptsAsync(IReadOnlyList<Bytes32> transactions, CancellationToken cancellationToken)
    {
        var requests = transactions.Chunk(_options.BatchCallsMax).Select(chunk => _nodes.SendAsync(
            [.. chunk.Select(static hash => RpcCall.Of("eth_getTransactionReceipt", hash.ToString()))], cancellationToken));
        var replies = await Task.WhenAll(requests).ConfigureAwait(false);
        return [.. replies.SelectMany(static chunk => chunk).Zip(transactions, RpcJson.Receipt)];
    }

    /// <inheritdoc/>
    public async Task<bool> KnowsTransactionAsync(Bytes32 transaction, CancellationToken cancellationToken) =>
        !(await AskAsync(RpcCall.Of("eth_getTransactionByHash", transaction.ToString()), cancellationToken).ConfigureAwait(false)).OrThrow().IsNull;

    /// <inheritdoc/>
    public async Task<bool> ReadAuthorizationStateAsync(Address token, Address payer, Bytes32 nonce, BlockTag? block, CancellationToken cancellationToken)
    {
        var call = TransferReader.AuthorizationState(token, payer, nonce, block ?? BlockTag.Latest, _options.TransferGasMax);
        var reply = await AskAsync(call, cancellationToken).ConfigureAwait(false);
        return reply.TryReadData(out var data) && AbiReader.TryReadBool(data, out var isUsed)
            ? isUsed
            : throw new ChainUnavailableException($"The token {token} does not tell the state of an authorization.");
    }

    /// <inheritdoc/>
    public async Task<AuthorizationTrace> FindAuthorizationAsync(
        Address token, Address payer, Bytes32 nonce, ulong fromBlock, CancellationToken cancellationToken)
    {
        var head = (await AskAsync(RpcCall.Of("eth_blockNumber"), cancellationToken).ConfigureAwait(false)).Number64();
        ulong? searchedTo = null;
        for (var (first, calls) = (fromBlock, 0); first <= head && calls < _options.LogCallsMax; calls++)
        {
            var span = Math.Min(Volatile.Read(ref _logBlocks), head - first + 1);
            var reply = await AskAsync(AuthorizationLogs(token, payer, nonce, first, first + span - 1), cancellationToken).ConfigureAwait(false);
            if (reply.Error is not null && span > 1)
            {
                // Every node has a limit of its own and words of its own for it. Whatever else this error is shows when one block is asked for.
                Volatile.Write(ref _logBlocks, span / 2);
                continue;
            }

            foreach (var (transaction, log) in RpcJson.Logs(reply))
            {
                // What the node did not filter out is not taken on its word.
                if (log.Address == token && log.Topics.Count == 3 && log.Topics[1] == Bytes32.From(payer) && log.Topics[2] == nonce)
                {
                    return await ReadFateAsync(transaction, log, cancellationToken).ConfigureAwait(false);
                }
            }

            searchedTo = first + span - 1;
            first += span;
        }

        return new AuthorizationTrace(AuthorizationFate.NoTrace, null, searchedTo);
    }

    private async Task<AuthorizationTrace> ReadFateAsync(Bytes32 transaction, EventLog log, CancellationToken cancellationToken)
    {
        if (log.Topics[0] == Eip3009.AuthorizationCanceled)
        {
            return new AuthorizationTrace(AuthorizationFate.Canceled, null);
        }

        var receipt = (await ReadReceiptsAsync([transaction], cancellationToken).ConfigureAwait(false))[0];
        return new AuthorizationTrace(
            AuthorizationFate.Used, receipt ?? throw new ChainUnavailableException("The node lacks the receipt of a log that it gave."));
    }

    /// <inheritdoc/>
    public async Task<BlockHeader?> ReadBlockAsync(BlockTag block, CancellationToken cancellationToken)
    {
        var reply = await AskAsync(RpcCall.Block(block), cancellationToken).ConfigureAwait(false);
        return reply.Error is { } error && IsNoBlock(error) ? null : RpcJson.Block(reply);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ChainStep> FollowAsync(BlockCursor? from, CancellationToken cancellationToken) =>
        new ChainFollower(_nodes, _pace, _options.BatchCallsMax).FollowAsync(from, cancellationToken);

    /// <inheritdoc/>
    public Task<UInt256> ReadTokenBalanceAsync(Address token, Address owner, CancellationToken cancellationToken) =>
        _transfers.ReadBalanceAsync(token, owner, cancellationToken);

    /// <inheritdoc/>
    public async Task<UInt256> ReadBalanceAsync(Address account, CancellationToken cancellationToken) =>
        (await AskAsync(RpcCall.Of("eth_getBalance", account.ToString(), "latest"), cancellationToken).ConfigureAwait(false)).Number();

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _nodes.Dispose();

    private static RpcCall AuthorizationLogs(Address token, Address payer, Bytes32 nonce, ulong first, ulong last) => RpcCall.Raw(
        "eth_getLogs",
        $$"""[{"fromBlock":"{{Hex.Quantity(first)}}","toBlock":"{{Hex.Quantity(last)}}","address":"{{token}}","topics":[["{{Eip3009.AuthorizationUsed}}","{{Eip3009.AuthorizationCanceled}}"],"{{Bytes32.From(payer)}}","{{nonce}}"]}]""");

    // go-ethereum and Besu answer a tag that stands nowhere yet with an error instead of null.
    private static bool IsNoBlock(RpcError error) =>
        error.Code == -39001
        || error.Message.Contains("block not found", StringComparison.OrdinalIgnoreCase)
        || error.Message.Contains("unknown block", StringComparison.OrdinalIgnoreCase);

    private async Task<IEnumerable<Submission>> SubmitChunkAsync(ReadOnlyMemory<byte>[] chunk, CancellationToken cancellationToken)
    {
        try
        {
            var replies = await _nodes.SendOnceAsync(
                [.. chunk.Select(static signed => RpcCall.Of("eth_sendRawTransaction", Hex.ToPrefixed(signed.Span)))], cancellationToken).ConfigureAwait(false);
            return replies.Zip(chunk, Judge);
        }
        catch (ChainUnavailableException exception)
        {
            return chunk.Select(_ => new Submission(SubmissionStatus.Unknown, Message: RpcError.Cut(exception.Message)));
        }
    }

    private static Submission Judge(RpcReply reply, ReadOnlyMemory<byte> signed)
    {
        if (reply.Error is { } error)
        {
            return SubmissionErrors.Read(error);
        }

        return Bytes32.TryParse(reply.Text(), out var hash) && hash == Bytes32.Keccak(signed.Span)
            ? new Submission(SubmissionStatus.Accepted)
            : new Submission(SubmissionStatus.Unknown, Message: "The node answered with another hash.");
    }

    private async Task<RpcReply> AskAsync(RpcCall call, CancellationToken cancellationToken) =>
        (await _nodes.SendAsync([call], cancellationToken).ConfigureAwait(false))[0];
}
