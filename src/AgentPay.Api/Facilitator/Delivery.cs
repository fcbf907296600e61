using AgentPay.Api.Problems;
using AgentPay.Grains.Facilitator;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentPay.Api.Facilitator;

/// <summary>The end of a settle answer: whether it was delivered is noted before anybody else can have it.</summary>
internal static partial class Delivery
{
    /// <summary>
    /// Notes whether the answer was flushed to an open connection. Where that cannot be noted now, a caller without a key could be given the success as well:
    /// the connection is cut, so that the one who may not have read it yet asks again.
    /// </summary>
    public static async Task CloseAsync(this SettleAnswer answer, HttpContext context, bool delivered)
    {
        try
        {
            await answer.CloseAsync(delivered);
        }
        catch (Exception e) when (context.Response.HasStarted && FaultAnswers.Of(e) is not null)
        {
            LogUnmarked(context.RequestServices.GetRequiredService<ILogger<FaultAnswers>>(), context.TraceIdentifier, e.Message);
            context.Abort();
        }
    }

    [LoggerMessage(EventId = 1502, Level = LogLevel.Warning, Message = "{RequestId} was answered, and that could not be noted: its connection was cut, so that its caller asks again. {Words}")]
    private static partial void LogUnmarked(ILogger logger, string requestId, string words);
}
