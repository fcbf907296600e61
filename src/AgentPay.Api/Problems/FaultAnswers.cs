using AgentPay.Chains.Evm;
using AgentPay.Grains.Facilitator;
using AgentPay.Storage.Contract;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentPay.Api.Problems;

/// <summary>Answers for faults: what nobody can tell now is 503 and retryable, a defect is 500, and neither ever speaks of a failed payment.</summary>
public sealed partial class FaultAnswers(ILogger<FaultAnswers> logger) : IExceptionHandler
{
    /// <inheritdoc/>
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            return true;
        }

        if (Of(exception) is not { } problem)
        {
            LogDefect(exception, httpContext.Request.Method, httpContext.Request.Path.Value ?? "");
            problem = Catalogue.Internal;
        }
        else if (exception is ChainUnavailableException)
        {
            // The node's own words stay here: they may name a provider and its account.
            LogChain(httpContext.TraceIdentifier, exception.Message);
        }

        await problem.ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>What a fault is told as when nobody can tell now; null: it is a defect.</summary>
    internal static Problem? Of(Exception exception) => exception switch
    {
        ChainUnavailableException => Catalogue.ChainUnavailable,
        StoreUnavailableException => Catalogue.StoreUnavailable,
        FailureBudgetExceededException budget => Catalogue.TooManyFailures(budget.RetryAfter),
        BadHttpRequestException bad => Catalogue.BadRequest(bad.StatusCode, bad.Message),
        _ => GrainFaults.Of(exception),
    };

    [LoggerMessage(EventId = 1501, Level = LogLevel.Warning, Message = "{RequestId} could not be answered, the chain did not answer: {Words}")]
    private partial void LogChain(string requestId, string words);

    [LoggerMessage(EventId = 1500, Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private partial void LogDefect(Exception exception, string method, string path);
}
