namespace AgentPay.Chains.Evm;

/// <summary>Inside a <see cref="ChainUnavailableException"/>: what kept a node's answer away, for whoever decides whom to ask next.</summary>
internal sealed class NodeFault(NodeFaultKind kind, TimeSpan? retryAfter = null, Exception? innerException = null) : Exception(kind.ToString(), innerException)
{
    public NodeFaultKind Kind { get; } = kind;

    /// <summary>When it may be worth asking again; null when nobody can tell.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The fault of an exception; null when it is a judgement of what the node said.</summary>
    public static NodeFault? Of(ChainUnavailableException exception) => exception.InnerException as NodeFault;
}

/// <summary>What kept an answer away.</summary>
internal enum NodeFaultKind
{
    /// <summary>It cannot be reached, or answers what is no JSON-RPC.</summary>
    Failed,

    /// <summary>Silence until the time was over.</summary>
    Silent,

    /// <summary>It wants to be asked less.</summary>
    Busy,

    /// <summary>It serves another chain.</summary>
    WrongChain,

    /// <summary>It does not have the block in question, or its state.</summary>
    LacksBlock,

    /// <summary>No node may be asked now.</summary>
    NobodyToAsk,
}
