namespace AgentPay.Chains.Evm;

/// <summary>How one node of a chain stands, for people and metrics. Holds no secret: a key may stand anywhere in a URL behind its host.</summary>
/// <param name="Node">Scheme, host and port.</param>
/// <param name="State">Whether it is asked.</param>
/// <param name="Head">Height of its newest block when it was last looked at; null when that was never or nobody compares.</param>
/// <param name="Message">Why it is not asked, in one sentence; null when it is.</param>
public sealed record NodeHealth(string Node, NodeState State, ulong? Head, string? Message);

/// <summary>Whether a node is asked.</summary>
public enum NodeState
{
    /// <summary>The one that is asked first.</summary>
    InUse,

    /// <summary>Asked when those before it fail.</summary>
    Standby,

    /// <summary>It asked for patience (HTTP <c>Retry-After</c>).</summary>
    Resting,

    /// <summary>Too many failures: left alone, then asked one question.</summary>
    Open,

    /// <summary>Its head is too far below another's.</summary>
    Behind,

    /// <summary>It serves another chain.</summary>
    WrongChain,

    /// <summary>A websocket that tells of new blocks.</summary>
    Listening,

    /// <summary>A websocket that does not: the head is asked for.</summary>
    Silent,
}
