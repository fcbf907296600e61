using System.Text.Json.Serialization;
using AgentPay.Chains.Evm;
using AgentPay.Grains.Chains;

namespace AgentPay.Silo.Health;

/// <summary>One chain's health.</summary>
internal sealed record ConnectorAnswer(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("head")] ulong? Head,
    [property: JsonPropertyName("head_seen_at")] DateTimeOffset? HeadSeenAt,
    [property: JsonPropertyName("message")] string? Message,
    [property: JsonPropertyName("code")] string? Code,
    [property: JsonPropertyName("head_age_seconds")] long? HeadAgeSeconds,
    [property: JsonPropertyName("nodes")] IReadOnlyList<NodeAnswer> Nodes)
{
    public static ConnectorAnswer Of(ChainHealth health, ChainDesk desk, TimeProvider clock) => new(
        health.Network,
        health.State,
        health.Head,
        health.HeadSeenAt,
        health.Message,
        health.Code,
        health.HeadSeenAt is { } at ? Math.Max(0, (long)(clock.GetUtcNow() - at).TotalSeconds) : null,
        [.. (desk.ChainOf(health.Network)?.Nodes ?? []).Select(NodeAnswer.Of)]);
}

/// <summary>One node of a chain: its scheme and host, never the rest of its URL.</summary>
internal sealed record NodeAnswer(
    [property: JsonPropertyName("node")] string Node,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("head")] ulong? Head,
    [property: JsonPropertyName("message")] string? Message)
{
    public static NodeAnswer Of(NodeHealth node) => new(node.Node, WordOf(node.State), node.Head, node.Message);

    private static string WordOf(NodeState state) => state switch
    {
        NodeState.InUse => "in_use",
        NodeState.Standby => "standby",
        NodeState.Resting => "resting",
        NodeState.Open => "open",
        NodeState.Behind => "behind",
        NodeState.WrongChain => "wrong_chain",
        NodeState.Listening => "listening",
        NodeState.Silent => "silent",
    };
}
