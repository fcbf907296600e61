namespace AgentPay.Chains.Evm;

/// <summary>
/// The nodes of one chain: the one that answered last is asked first, the others when it fails. Each must prove that it serves the chain
/// before it is asked anything, and again after it failed. Thread-safe.
/// </summary>
internal sealed class RpcNodes(IReadOnlyList<JsonRpcClient> nodes, ulong chainId, TimeSpan callTimeout) : IDisposable
{
    private static readonly RpcCall[] ChainIdCall = [RpcCall.Of("eth_chainId")];

    private readonly Lock _gate = new();
    private readonly Task?[] _checks = new Task?[nodes.Count];
    private int _preferred;

    /// <summary>Asks until one node answers.</summary>
    /// <exception cref="ChainUnavailableException">None does; the message is that of the last one asked.</exception>
    public async Task<RpcReply[]> SendAsync(IReadOnlyList<RpcCall> calls, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        var first = Volatile.Read(ref _preferred);
        for (var attempt = 0; ; attempt++)
        {
            var index = (first + attempt) % nodes.Count;
            try
            {
                return await AskAsync(index, calls, timeout ?? callTimeout, cancellationToken).ConfigureAwait(false);
            }
            catch (ChainUnavailableException) when (attempt + 1 < nodes.Count)
            {
                // The next node may answer; the last one's failure is the caller's.
            }
        }
    }

    /// <summary>Asks one node once: for bytes that may have been taken although no answer came.</summary>
    public Task<RpcReply[]> SendOnceAsync(IReadOnlyList<RpcCall> calls, CancellationToken cancellationToken) =>
        AskAsync(Volatile.Read(ref _preferred), calls, callTimeout, cancellationToken);

    public void Dispose()
    {
        foreach (var node in nodes)
        {
            node.Dispose();
        }
    }

    private async Task<RpcReply[]> AskAsync(int index, IReadOnlyList<RpcCall> calls, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var check = Check(index);
        try
        {
            if (!check.IsCompletedSuccessfully)
            {
                await check.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            return await nodes[index].SendAsync(calls, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (ChainUnavailableException exception) when (exception.InnerException is not ResponseTooLargeException)
        {
            Distrust(index, check);
            throw;
        }
    }

    private Task Check(int index)
    {
        lock (_gate)
        {
            return _checks[index] ??= CheckChainAsync(nodes[index]);
        }
    }

    private void Distrust(int index, Task check)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_checks[index], check))
            {
                _checks[index] = null;
            }

            if (_preferred == index)
            {
                _preferred = (index + 1) % nodes.Count;
            }
        }
    }

    private async Task CheckChainAsync(JsonRpcClient node)
    {
        var replies = await node.SendAsync(ChainIdCall, callTimeout, CancellationToken.None).ConfigureAwait(false);
        var served = replies[0].Number();
        if (served != chainId)
        {
            throw new ChainUnavailableException($"The node at {node.Name} serves chain {served}, not chain {chainId}.");
        }
    }
}
