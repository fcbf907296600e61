using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AgentPay.Api.Problems;

/// <summary>Says in the OpenAPI document which problems an endpoint answers with.</summary>
public static class ProblemMetadata
{
    /// <summary>The endpoint may answer with a problem of each of these statuses.</summary>
    public static RouteHandlerBuilder AddProblems(this RouteHandlerBuilder endpoint, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.Produces<ProblemDocument>(status, ProblemDocument.MediaType);
        }

        return endpoint;
    }
}
