using AgentPay.Chains.Evm;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>
/// Up to which height a chain is safe and final: at the operator's depths where they are set; else by the node's tags, and at usual depths where it has none.
/// </summary>
internal sealed partial class FinalityRule(ChainSettings settings, IEvmChain chain, ILogger logger)
{
    /// <summary>Asks the node as far as its word is needed.</summary>
    /// <param name="head">Height of the newest block the asker knows.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public async Task<SettledHeights> ReadAsync(ulong head, CancellationToken cancellationToken)
    {
        var told = settings.SafeDepth > 0 && settings.FinalityDepth > 0
            ? null
            : await chain.ReadFinalityAsync((ulong)settings.DepthOfSafe, (ulong)settings.DepthOfFinal, cancellationToken);
        return new SettledHeights(
            settings.SafeDepth > 0 ? Below(head, settings.SafeDepth) : Word(told?.Safe),
            settings.FinalityDepth > 0 ? Below(head, settings.FinalityDepth) : Word(told?.Final));
    }

    /// <summary>The same, and nothing when the node cannot tell: payments go on without it, and the next block asks again.</summary>
    public async Task<SettledHeights> TryReadAsync(ulong head, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(head, cancellationToken);
        }
        catch (ChainUnavailableException e)
        {
            LogNotTold(settings.Network, e.Message);
            return default;
        }
    }

    private static SettledHeight? Below(ulong head, int depth) => head < (ulong)depth ? null : new SettledHeight(head - (ulong)depth, null);

    private static SettledHeight? Word(BlockHeader? block) => block is null ? null : new SettledHeight(block.Cursor.Number, block.Cursor.Hash);

    [LoggerMessage(EventId = 1315, Level = LogLevel.Warning, Message = "{Network} does not tell which blocks are safe and final; the next block asks again: {Words}")]
    private partial void LogNotTold(string network, string words);
}

/// <summary>How far a chain is settled; null where nothing is yet, or nobody can tell.</summary>
/// <param name="Safe">Blocks up to here are unlikely to be lost.</param>
/// <param name="Final">Blocks up to here cannot be lost.</param>
internal readonly record struct SettledHeights(SettledHeight? Safe, SettledHeight? Final);

/// <summary>A height.</summary>
/// <param name="Number">Blocks.</param>
/// <param name="Hash">Of the block there by the node's word; null where the operator's depth gave the height.</param>
internal readonly record struct SettledHeight(ulong Number, Bytes32? Hash);
