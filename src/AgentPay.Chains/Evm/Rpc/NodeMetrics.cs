using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace AgentPay.Chains.Evm;

/// <summary>Instruments of the chains' nodes, on the engine's meter. A node is its scheme and host: few values, and no key.</summary>
internal static class NodeMetrics
{
    private static readonly Meter _meter = new("AgentPay");
    private static readonly ConcurrentDictionary<EvmChain, bool> _chains = new();

    internal static readonly Counter<long> Failures =
        _meter.CreateCounter<long>("agentpay.chain.node.failures", "{failure}", "Requests to a node that failed.");

    internal static readonly ObservableGauge<int> InUse =
        _meter.CreateObservableGauge<int>("agentpay.chain.node.in_use", unit: "{node}", observeValues: static () => ReadNodes(NodeState.InUse), description: "1 for the node that is asked first.");

    internal static readonly ObservableGauge<int> Open =
        _meter.CreateObservableGauge<int>("agentpay.chain.node.open", unit: "{node}", observeValues: static () => ReadNodes(NodeState.Open), description: "1 for a node whose breaker is open.");

    internal static readonly ObservableGauge<double> HeadAge =
        _meter.CreateObservableGauge<double>("agentpay.chain.head.age", unit: "s", observeValues: ReadHeadAges, description: "Since the newest block was seen.");

    public static void Register(EvmChain chain) => _chains[chain] = true;

    public static void Forget(EvmChain chain) => _chains.TryRemove(chain, out _);

    private static IEnumerable<Measurement<int>> ReadNodes(NodeState state) =>
        from chain in _chains.Keys
        from node in chain.Nodes
        where node.State is not (NodeState.Listening or NodeState.Silent)
        select new Measurement<int>(node.State == state ? 1 : 0, new("network", chain.Network), new("node", node.Node));

    private static IEnumerable<Measurement<double>> ReadHeadAges() =>
        from chain in _chains.Keys
        let age = chain.HeadAge
        where age is not null
        select new Measurement<double>(age.Value.TotalSeconds, new KeyValuePair<string, object?>("network", chain.Network));
}
