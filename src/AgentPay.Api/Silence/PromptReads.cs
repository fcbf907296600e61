using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.Api.Silence;

/// <summary>Endpoints that only read, and return what they read: what comes after the silence is thrown away.</summary>
internal static class PromptReads
{
    /// <summary>Answers 503 within a second when the database is silent.</summary>
    public static TBuilder Promptly<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.AddEndpointFilter(static async (invocation, next) =>
            await invocation.HttpContext.RequestServices.GetRequiredService<StoreSilence>().UnlessAsync(_ => next(invocation).AsTask()));
}
