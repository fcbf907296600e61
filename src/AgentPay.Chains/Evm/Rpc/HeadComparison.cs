namespace AgentPay.Chains.Evm;

/// <summary>
/// Asks all nodes of a chain for their heads now and then, so that one that fell behind is not asked anything else: its answers would be yesterday's. One node
/// alone is never behind. A node that does not answer is not judged; its head of the last minute still counts for the others. Thread-safe.
/// </summary>
internal sealed class HeadComparison(IReadOnlyList<RpcNode> nodes, EvmChainOptions options, TimeProvider clock)
{
    private static readonly TimeSpan HeadAgeMax = TimeSpan.FromSeconds(60);
    private static readonly RpcCall[] HeadCall = [RpcCall.Of("eth_blockNumber")];

    private readonly Lock _gate = new();
    private Task? _first;
    private Task? _running;
    private long _startedAt;

    /// <summary>The highest head that was seen lately; 0 when none was.</summary>
    public ulong Best => nodes.Max(node => node.Head is { } head && clock.GetElapsedTime(head.At) <= HeadAgeMax ? head.Number : 0);

    /// <summary>Waits for the first comparison: before it nobody knows which node may be asked.</summary>
    public Task FirstAsync(CancellationToken cancellationToken)
    {
        if (nodes.Count == 1)
        {
            return Task.CompletedTask;
        }

        lock (_gate)
        {
            if (_first is null)
            {
                _startedAt = clock.GetTimestamp();
                _first = _running = CompareAsync();
            }
        }

        return _first.IsCompleted ? Task.CompletedTask : _first.WaitAsync(cancellationToken);
    }

    /// <summary>Starts a comparison when one is due and none is under way.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (nodes.Count > 1 && _running is { IsCompleted: true } && clock.GetElapsedTime(_startedAt) >= options.CompareInterval)
            {
                _startedAt = clock.GetTimestamp();
                _running = CompareAsync();
            }
        }
    }

    private async Task CompareAsync()
    {
        await Task.WhenAll(nodes.Where(static node => node.AskableIn == TimeSpan.Zero).Select(LookAsync)).ConfigureAwait(false);
        var best = Best;
        foreach (var node in nodes)
        {
            node.Compare(best);
        }
    }

    private static async Task LookAsync(RpcNode node)
    {
        try
        {
            var reply = (await node.SendAsync(HeadCall, CallClass.Quick, hasNext: true, CancellationToken.None).ConfigureAwait(false))[0];
            node.See(reply.Number64());
        }
        catch (ChainUnavailableException)
        {
            // The node has noted its failure; whether it is behind is found out when it answers.
        }
    }
}
