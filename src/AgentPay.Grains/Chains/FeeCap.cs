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

    /// <summary>Null while nothing may be signed: unknown, or above a cap.</summary>
    public FeeQuote? Quote => quote;

    /// <summary>Why nothing is signed, in one sentence; null when the fees are within the caps or not known yet.</summary>
    public string? Trouble => trouble;

    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (quote is not null && clock.GetElapsedTime(readAt) <= QuoteAge)
        {
            return;
        }

        readAt = clock.GetTimestamp();
        var told = await chain.ReadFeesAsync(cancellationToken);
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

    private string Words(string what, UInt256 told, UInt256 cap, string setting) =>
        $"The node of {settings.Network} asks for a {what} of {told} wei per gas and {setting} is {cap}: nothing is signed until it is less.";

    [LoggerMessage(EventId = 1320, Level = LogLevel.Error, Message = "{Words}")]
    private partial void LogAbove(string words);

    [LoggerMessage(EventId = 1321, Level = LogLevel.Information, Message = "The fees of {Network} are within their caps again.")]
    private partial void LogWithin(string network);
}
