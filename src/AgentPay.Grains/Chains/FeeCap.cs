using AgentPay.Chains.Evm;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>
/// What a transaction signed now offers for gas, by the node's word and never above the operator's caps: a node that lies, or a market gone mad, could otherwise
/// spend all gas money on one transaction. Above a cap nothing is signed, and what waits goes on waiting.
/// </summary>
internal sealed partial class FeeCap(ChainSettings settings, IEvmChain chain, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan QuoteAge = TimeSpan.FromMilliseconds(500);

    private long readAt;
    private volatile FeeQuote? quote;
    private volatile string? trouble;
    private volatile string? silence;

    /// <summary>Null while nothing may be signed: unknown, or above a cap.</summary>
    public FeeQuote? Quote => quote;

    /// <summary>Why nothing is signed, in one sentence; null when the fees are within the caps or not known yet.</summary>
    public string? Trouble => trouble;

    /// <summary>That the node does not tell the fees and never did, in one sentence; null when there is a word to go by.</summary>
    public string? Silence => quote is null && trouble is null ? silence : null;

    /// <summary>
    /// Asks when the last word is old. A node that does not tell stops nothing but what cannot be signed without: blocks are followed, and the last word counts on,
    /// as the caps hold and what offers too little is offered again.
    /// </summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (quote is not null && clock.GetElapsedTime(readAt) <= QuoteAge)
        {
            return;
        }

        readAt = clock.GetTimestamp();
        if (await TryReadAsync(cancellationToken) is not { } told)
        {
            return;
        }

        var before = trouble;
        trouble = told.MaxFeePerGas > settings.MaxFeePerGas ? Words("fee", told.MaxFeePerGas, settings.MaxFeePerGas, "MaxFeePerGas")
            : told.MaxPriorityFeePerGas > settings.MaxTipPerGas ? Words("tip", told.MaxPriorityFeePerGas, settings.MaxTipPerGas, "MaxTipPerGas")
            : null;
        quote = trouble is null ? told : null;
        if (trouble is not null && before is null)
        {
            LogAbove(trouble);
        }
        else if (trouble is null && before is not null)
        {
            LogWithin(settings.Network);
        }
    }

    private async Task<FeeQuote?> TryReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var told = await chain.ReadFeesAsync(cancellationToken);
            silence = null;
            return told;
        }
        catch (ChainUnavailableException e)
        {
            if (silence is null)
            {
                LogSilent(settings.Network, e.Message);
            }

            silence = $"The node of {settings.Network} does not tell what gas costs: {e.Message}";
            return null;
        }
    }

    private string Words(string what, UInt256 told, UInt256 cap, string setting) =>
        $"The node of {settings.Network} asks for a {what} of {told} wei per gas and {setting} is {cap}: nothing is signed until it is less.";

    [LoggerMessage(EventId = 1320, Level = LogLevel.Error, Message = "{Words}")]
    private partial void LogAbove(string words);

    [LoggerMessage(EventId = 1322, Level = LogLevel.Warning, Message = "The node of {Network} does not tell what gas costs; the last word counts on, and without one nothing is signed: {Words}")]
    private partial void LogSilent(string network, string words);

    [LoggerMessage(EventId = 1321, Level = LogLevel.Information, Message = "The fees of {Network} are within their caps again.")]
    private partial void LogWithin(string network);
}
