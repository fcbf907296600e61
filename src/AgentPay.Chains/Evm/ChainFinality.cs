namespace AgentPay.Chains.Evm;

/// <summary>How far the chain is settled, in one view of one node: safe is never below final, nor above the head.</summary>
/// <param name="Head">The newest block.</param>
/// <param name="Safe">The newest block that is unlikely to be lost; null when there is none yet.</param>
/// <param name="SafeBasis">By whose word.</param>
/// <param name="Final">The newest block that cannot be lost; null when there is none yet.</param>
/// <param name="FinalBasis">By whose word.</param>
public sealed record ChainFinality(BlockHeader Head, BlockHeader? Safe, FinalityBasis SafeBasis, BlockHeader? Final, FinalityBasis FinalBasis);

/// <summary>By whose word a block is safe or final.</summary>
public enum FinalityBasis
{
    /// <summary>The node's own tag (<c>safe</c>, <c>finalized</c>).</summary>
    Tag,

    /// <summary>Its depth below the head: the node has no such tag.</summary>
    Depth,
}
