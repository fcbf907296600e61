namespace AgentPay.Chains.Evm;

/// <summary>
/// One node of a chain. It must prove that it serves the chain before it is asked anything, and again after each failure; that proof is also the one question
/// after its breaker was open. Thread-safe.
/// </summary>
internal sealed class RpcNode(NodeAddress address, EvmChainOptions options, TimeProvider clock, NodeLog log) : IDisposable
{
    private static readonly TimeSpan RestMax = TimeSpan.FromSeconds(60);
    private static readonly RpcCall[] ChainIdCall = [RpcCall.Of("eth_chainId")];

    private readonly Lock _gate = new();
    private readonly JsonRpcClient _client = new(address, clock);
    private readonly NodeBreaker _breaker = new(options.BreakerTime, clock);
    private Task? _check;
    private long _restsFrom;
    private TimeSpan _restsFor;
    private string _words = "";
    private bool _servesAnother;
    private string? _behind;
    private (ulong Number, long At)? _head;

    public string Name => address.Name;

    /// <summary>When it may be asked again; zero: now.</summary>
    public TimeSpan AskableIn
    {
        get
        {
            var open = _breaker.OpenFor;
            var rest = RestLeft;
            return open > rest ? open : rest;
        }
    }

    public bool IsBehind => Volatile.Read(ref _behind) is not null;

    /// <summary>True when it failed too often and the question that decides is due.</summary>
    public bool IsOnProbation => _breaker.IsTripped;

    /// <summary>Its head and when it was read, as the clock's timestamp.</summary>
    public (ulong Number, long At)? Head
    {
        get
        {
            lock (_gate)
            {
                return _head;
            }
        }
    }

    private TimeSpan RestLeft
    {
        get
        {
            lock (_gate)
            {
                return _restsFor > TimeSpan.Zero && _restsFor - clock.GetElapsedTime(_restsFrom) is { Ticks: > 0 } left ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Asks this node.</summary>
    /// <exception cref="ChainUnavailableException">It does not answer, which is noted here; or it is to be left alone since whoever asks chose it.</exception>
    public async Task<RpcReply[]> SendAsync(IReadOnlyList<RpcCall> calls, CallClass kind, bool hasNext, CancellationToken cancellationToken)
    {
        var startedAt = clock.GetTimestamp();
        var check = Check();
        try
        {
            if (!check.IsCompletedSuccessfully)
            {
                await check.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            return await _client.SendAsync(calls, Patience.For(kind, hasNext, options), cancellationToken).ConfigureAwait(false);
        }
        catch (ChainUnavailableException exception) when (NodeFault.Of(exception) is { } fault)
        {
            // A wallet that takes its time is its owner's doing.
            if (kind != CallClass.Wallet || fault.Kind != NodeFaultKind.Silent)
            {
                Note(exception.Message, fault, check, startedAt);
            }

            throw;
        }
    }

    /// <summary>Another node answered well what this one did not.</summary>
    public void Blame(string words, long startedAt) => Count(words, startedAt);

    public void See(ulong head)
    {
        lock (_gate)
        {
            _head = (head, clock.GetTimestamp());
        }
    }

    /// <summary>Says whether its head is too far below <paramref name="best"/>, the highest of all.</summary>
    public void Compare(ulong best)
    {
        var behind = Head is { } head && best - Math.Min(best, head.Number) > (ulong)options.LagBlocksMax
            ? $"Its head is block {head.Number}, another node's is {best}: it is not asked until it catches up."
            : null;
        var before = Interlocked.Exchange(ref _behind, behind);
        if (before is null && behind is not null)
        {
            log.Behind(Name, behind);
        }
        else if (before is not null && behind is null)
        {
            log.Back(Name);
        }
    }

    public NodeHealth Health(bool isPreferred)
    {
        lock (_gate)
        {
            var (open, rest) = (_breaker.OpenFor, RestLeft);
            var (state, message) =
                _servesAnother ? (NodeState.WrongChain, _words)
                : _breaker.IsTripped ? (NodeState.Open, $"It failed {NodeBreaker.FailuresMax} times within a minute and is left alone for {Seconds(open)} s more. {_words}")
                : rest > TimeSpan.Zero ? (NodeState.Resting, $"It asked for patience, {Seconds(rest)} s more.")
                : _behind is { } behind ? (NodeState.Behind, behind)
                : (isPreferred ? NodeState.InUse : NodeState.Standby, (string?)null);
            return new NodeHealth(Name, state, _head?.Number, message);
        }
    }

    public void Dispose() => _client.Dispose();

    private static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);

    private Task Check()
    {
        lock (_gate)
        {
            if (_check is null && AskableIn is { Ticks: > 0 } wait)
            {
                // One question decides, however many had chosen this node when it failed.
                throw new ChainUnavailableException($"The node at {Name} cannot be asked now. {_words}", new NodeFault(NodeFaultKind.NobodyToAsk, wait));
            }

            return _check ??= CheckChainAsync();
        }
    }

    private async Task CheckChainAsync()
    {
        var patience = Patience.For(CallClass.Quick, options.RpcUrls.Count > 1, options);
        var reply = (await _client.SendAsync(ChainIdCall, patience, CancellationToken.None).ConfigureAwait(false))[0];
        if (reply.Error is { } error)
        {
            throw new ChainUnavailableException($"The node at {Name} answered eth_chainId with error {error.Code}: {RpcError.Cut(error.Message)}", new NodeFault(NodeFaultKind.Failed));
        }

        if (!Hex.TryReadQuantity(reply.TryText(), out var served))
        {
            throw new ChainUnavailableException($"The node at {Name} gives no chain id.", new NodeFault(NodeFaultKind.Failed));
        }

        if (served != options.ChainId)
        {
            throw new ChainUnavailableException($"The node at {Name} serves chain {served}, not chain {options.ChainId}.", new NodeFault(NodeFaultKind.WrongChain));
        }

        lock (_gate)
        {
            _servesAnother = false;
        }

        if (_breaker.Close())
        {
            log.Closed(Name);
        }
    }

    private void Note(string words, NodeFault fault, Task check, long startedAt)
    {
        lock (_gate)
        {
            _words = words;
            if (fault.RetryAfter is { Ticks: > 0 } wish)
            {
                _restsFrom = clock.GetTimestamp();
                _restsFor = wish < RestMax ? wish : RestMax;
            }

            if (fault.Kind == NodeFaultKind.WrongChain)
            {
                _servesAnother = true;
            }
        }

        if (fault.Kind != NodeFaultKind.WrongChain)
        {
            Count(words, startedAt);
        }
        else if (_breaker.Trip())
        {
            log.Refused(words);
        }

        // Last: from here on a question may be asked again, where what was noted allows it.
        lock (_gate)
        {
            _check = ReferenceEquals(_check, check) ? null : _check;
        }
    }

    private void Count(string words, long startedAt)
    {
        log.Failed(Name);
        if (_breaker.Fail(startedAt))
        {
            log.Opened(Name, options.BreakerTime.TotalSeconds, words);
        }
    }
}
