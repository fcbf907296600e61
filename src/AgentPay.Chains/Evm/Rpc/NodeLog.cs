using Microsoft.Extensions.Logging;

namespace AgentPay.Chains.Evm;

/// <summary>What happens to a chain's nodes, in log lines and counts.</summary>
internal sealed partial class NodeLog(string network, ILogger logger)
{
    public void Failed(string node) => NodeMetrics.Failures.Add(1, new("network", network), new("node", node));

    public void Opened(string node, double seconds, string words) => LogOpened(logger, network, node, seconds, words);

    public void Closed(string node) => LogClosed(logger, network, node);

    public void Refused(string words) => LogRefused(logger, network, words);

    public void Behind(string node, string words) => LogBehind(logger, network, node, words);

    public void Back(string node) => LogBack(logger, network, node);

    public void Listening(string node) => LogListening(logger, network, node);

    public void Silent(string node, string words) => LogSilent(logger, network, node, words);

    [LoggerMessage(EventId = 1330, Level = LogLevel.Warning, Message = "{Network}: {Node} failed too often and is left alone for {Seconds} s. {Words}")]
    private static partial void LogOpened(ILogger logger, string network, string node, double seconds, string words);

    [LoggerMessage(EventId = 1331, Level = LogLevel.Information, Message = "{Network}: {Node} answers again.")]
    private static partial void LogClosed(ILogger logger, string network, string node);

    [LoggerMessage(EventId = 1332, Level = LogLevel.Warning, Message = "{Network}: a node is not used. {Words}")]
    private static partial void LogRefused(ILogger logger, string network, string words);

    [LoggerMessage(EventId = 1333, Level = LogLevel.Warning, Message = "{Network}: {Node} is behind. {Words}")]
    private static partial void LogBehind(ILogger logger, string network, string node, string words);

    [LoggerMessage(EventId = 1334, Level = LogLevel.Information, Message = "{Network}: {Node} caught up.")]
    private static partial void LogBack(ILogger logger, string network, string node);

    [LoggerMessage(EventId = 1335, Level = LogLevel.Information, Message = "{Network}: {Node} tells of new blocks.")]
    private static partial void LogListening(ILogger logger, string network, string node);

    [LoggerMessage(EventId = 1336, Level = LogLevel.Warning, Message = "{Network}: {Node} does not tell of new blocks, the head is asked for. {Words}")]
    private static partial void LogSilent(ILogger logger, string network, string node, string words);
}
