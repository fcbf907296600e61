using Polly;
using Polly.Retry;

namespace AgentPay.Chains.Evm;

/// <summary>
/// The nodes of one chain: the one that answered last is asked first, the others when it fails. A node whose breaker is open, that is behind or serves another
/// chain is not asked. Thread-safe.
/// </summary>
internal sealed class RpcNodes : IDisposable
{
    /// <summary>A reader waits no longer than this for a node to become askable; then it is told that the chain is unavailable.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(2);

    private readonly RpcNode[] _nodes;
    private readonly HeadComparison _comparison;
    private readonly ResiliencePipeline _retries;
    private readonly string _network;
    private int _preferred;

    public RpcNodes(EvmChainOptions options, TimeProvider clock, NodeLog log)
    {
        _network = options.Network;
        _nodes = [.. options.RpcUrls.Select(url => new RpcNode(new NodeAddress(url), options, clock, log))];
        _comparison = new HeadComparison(_nodes, options, clock);
        _retries = options.ReadRetriesMax == 0 ? ResiliencePipeline.Empty : Retries(options, clock);
        Clock = clock;
    }

    public bool HasSeveral => _nodes.Length > 1;

    public IReadOnlyList<NodeHealth> Health
    {
        get
        {
            var preferred = Volatile.Read(ref _preferred);
            return [.. _nodes.Select((node, i) => node.Health(i == preferred))];
        }
    }

    private TimeProvider Clock { get; }

    /// <summary>Sends calls to the first node that answers.</summary>
    /// <exception cref="ChainUnavailableException">None does; the message is that of the last one asked.</exception>
    public Task<RpcReply[]> SendAsync(IReadOnlyList<RpcCall> calls, CancellationToken cancellationToken) =>
        ReadAsync(CallClass.Read, view => view.SendAsync(calls), cancellationToken);

    /// <summary>
    /// Asks one node after the other until one gives an answer that <paramref name="ask"/> can take, and all of them again a little later. It must only read.
    /// </summary>
    /// <exception cref="ChainUnavailableException">None does; the message is that of the last one asked.</exception>
    public async Task<T> ReadAsync<T>(CallClass kind, Func<NodeView, Task<T>> ask, CancellationToken cancellationToken)
    {
        await _comparison.FirstAsync(cancellationToken).ConfigureAwait(false);
        return await _retries.ExecuteAsync(
            async token => await AskRoundAsync(kind, ask, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The nodes that may be asked now, in the order to ask them.</summary>
    /// <exception cref="ChainUnavailableException">There is none.</exception>
    public async Task<IReadOnlyList<RpcNode>> OrderAsync(CancellationToken cancellationToken)
    {
        await _comparison.FirstAsync(cancellationToken).ConfigureAwait(false);
        return Order();
    }

    /// <summary>This node answered: it is asked first from now on.</summary>
    public void Prefer(RpcNode node) => Volatile.Write(ref _preferred, Array.IndexOf(_nodes, node));

    /// <summary>Compares the nodes' heads when that is due; nobody waits for it.</summary>
    public void Compare() => _comparison.Start();

    public void Dispose()
    {
        foreach (var node in _nodes)
        {
            node.Dispose();
        }
    }

    private static ResiliencePipeline Retries(EvmChainOptions options, TimeProvider clock) =>
        new ResiliencePipelineBuilder { TimeProvider = clock }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = options.ReadRetriesMax,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(100),
            UseJitter = true,
            ShouldHandle = static outcome => ValueTask.FromResult(IsWorthAsking(outcome.Outcome.Exception)),
            DelayGenerator = static outcome => ValueTask.FromResult(
                outcome.Outcome.Exception is ChainUnavailableException trouble && NodeFault.Of(trouble)?.RetryAfter is { Ticks: > 0 } wish ? wish : (TimeSpan?)null),
        }).Build();

    private static bool IsWorthAsking(Exception? exception) =>
        exception is ChainUnavailableException trouble && NodeFault.Of(trouble) is { } fault
        && fault.Kind is NodeFaultKind.Failed or NodeFaultKind.LacksBlock or NodeFaultKind.Busy or NodeFaultKind.NobodyToAsk
        && (fault.RetryAfter ?? TimeSpan.Zero) <= WaitMax;

    private async Task<T> AskRoundAsync<T>(CallClass kind, Func<NodeView, Task<T>> ask, CancellationToken cancellationToken)
    {
        var order = Order();
        var doubted = new List<(RpcNode Node, string Words, long At)>();
        for (var i = 0; ; i++)
        {
            var node = order[i];
            var hasNext = i + 1 < order.Count;
            var startedAt = Clock.GetTimestamp();
            try
            {
                var answer = await ask(new NodeView(node, kind, hasNext, _comparison.Best, cancellationToken)).ConfigureAwait(false);
                doubted.ForEach(static doubt => doubt.Node.Blame(doubt.Words, doubt.At));
                Prefer(node);
                return answer;
            }
            catch (ChainUnavailableException exception) when (hasNext && exception.InnerException is not ResponseTooLargeException)
            {
                // Words that cannot be taken may be the contract's doing. They are the node's once another answers well.
                if (NodeFault.Of(exception) is null)
                {
                    doubted.Add((node, exception.Message, startedAt));
                }
            }
        }
    }

    private List<RpcNode> Order()
    {
        var preferred = Volatile.Read(ref _preferred);
        var order = _nodes.Select((_, i) => _nodes[(preferred + i) % _nodes.Length])
            .Where(static node => node.AskableIn == TimeSpan.Zero && !node.IsBehind)
            .OrderBy(static node => node.IsOnProbation).ToList();
        return order.Count > 0 ? order : throw NobodyToAsk();
    }

    private ChainUnavailableException NobodyToAsk()
    {
        var words = string.Join(' ', Health.Select(static node => $"{node.Node}: {node.Message}"));
        return new ChainUnavailableException(
            $"No node of {_network} can be asked now. {words}",
            new NodeFault(NodeFaultKind.NobodyToAsk, _nodes.Min(static node => node.AskableIn)));
    }
}
