namespace AgentPay.Chains.Evm;

/// <summary>One node for the time of one question: whatever is asked through this comes from the same view of the chain.</summary>
/// <param name="Node">Which.</param>
/// <param name="Kind">What is asked, unless said otherwise.</param>
/// <param name="HasNext">Another node can be asked when this one fails.</param>
/// <param name="BestHead">The highest head any node was seen at.</param>
/// <param name="CancellationToken">Ends the question.</param>
internal readonly record struct NodeView(RpcNode Node, CallClass Kind, bool HasNext, ulong BestHead, CancellationToken CancellationToken)
{
    public Task<RpcReply[]> SendAsync(IReadOnlyList<RpcCall> calls) => Node.SendAsync(calls, Kind, HasNext, CancellationToken);

    public async Task<RpcReply> AskAsync(RpcCall call) => (await SendAsync([call]).ConfigureAwait(false))[0];

    /// <summary>This node does not have what another has, or may have: nothing is wrong with it otherwise.</summary>
    public ChainUnavailableException Lacks(string what) => new($"The node at {Node.Name} lacks {what}.", new NodeFault(NodeFaultKind.LacksBlock));
}
