using AgentPay.Api.Problems;
using AgentPay.Grains.Facilitator;
using AgentPay.X402;
using AgentPay.X402.Messages;
using AgentPay.X402.Parsing;
using AgentPay.X402.Writing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AgentPay.Api.Facilitator;

/// <summary>The x402 facilitator interface over HTTP, both protocol versions at once.</summary>
public static class FacilitatorEndpoints
{
    /// <summary>Maps <c>/facilitator/verify</c>, <c>/settle</c> and <c>/supported</c>.</summary>
    public static IEndpointRouteBuilder MapFacilitator(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/facilitator").WithTags("Facilitator");
        group.MapPost("/verify", VerifyAsync).WithName("verifyPayment").WithSummary("Says whether a payment would be settled now.")
            .Accepts<FacilitatorRequestDocument>("application/json").Produces<VerifyResponseDocument>().AddProblems(400, 401, 413, 415, 429, 503);
        group.MapPost("/settle", SettleAsync).WithName("settlePayment").WithSummary("Settles a payment at most once and answers with its outcome.")
            .Accepts<FacilitatorRequestDocument>("application/json").Produces<SettleResponseDocument>().AddProblems(400, 401, 413, 415, 429, 503);
        group.MapGet("/supported", GetSupportedAsync).WithName("getSupportedKinds").WithSummary("Lists the schemes and networks that are settled.")
            .Produces<SupportedResponseDocument>().AddProblems(500);
        return routes;
    }

    private static async Task VerifyAsync(
        HttpContext context, IFacilitator facilitator, FacilitatorAccess access, FailureBudget budget, CancellationToken cancellationToken)
    {
        var (request, answered) = await ReadAsync(context, access, budget, isSettle: false, cancellationToken);
        if (answered)
        {
            return;
        }

        var verdict = access.Serves(request!.Requirements.PayTo)
            ? await facilitator.VerifyAsync(request.Payload, request.Requirements, cancellationToken)
            : VerifyResponse.Invalid(ErrorCodes.InvalidPaymentRequirements, PayToNotServed, request.Payload.Payer);
        if (!verdict.IsValid)
        {
            budget.CallerFailed(access.CallerOf(context));
        }

        await AnswerAsync(context, AnswerWriter.Write(verdict));
    }

    private static async Task SettleAsync(
        HttpContext context, IFacilitator facilitator, FacilitatorAccess access, FailureBudget budget, CancellationToken cancellationToken)
    {
        if (!IdempotencyKey.TryRead(context.Request, out var key))
        {
            await Catalogue.InvalidIdempotencyKey.WriteAsync(context, json => SettleFailure(json, "invalid_idempotency_key"));
            return;
        }

        var (request, answered) = await ReadAsync(context, access, budget, isSettle: true, cancellationToken);
        if (answered)
        {
            return;
        }

        if (!access.Serves(request!.Requirements.PayTo))
        {
            budget.CallerFailed(access.CallerOf(context));
            await AnswerAsync(context, AnswerWriter.Write(request.Version, Refused(ErrorCodes.InvalidPaymentRequirements, PayToNotServed, request.Requirements.NetworkAsSent)));
            return;
        }

        var settled = await facilitator.SettleAsync(request.Payload, request.Requirements, access.ScopeOf(context, key), cancellationToken);
        if (settled.Response is { Success: false, ErrorReason: not (ErrorCodes.DuplicateSettlement or ErrorCodes.SettlementPending) })
        {
            budget.CallerFailed(access.CallerOf(context));
        }

        var delivered = false;
        try
        {
            await AnswerAsync(context, AnswerWriter.Write(request.Version, settled.Response));
            delivered = !context.RequestAborted.IsCancellationRequested;
        }
        finally
        {
            await settled.CloseAsync(context, delivered);
        }
    }

    private static async Task GetSupportedAsync(HttpContext context, IFacilitator facilitator) =>
        await AnswerAsync(context, AnswerWriter.Write(facilitator.Supported));

    private const string PayToNotServed = "This facilitator does not serve payments to this address.";

    /// <summary>Reads the request; answers itself when there is nothing to decide.</summary>
    private static async Task<(FacilitatorRequest? Request, bool Answered)> ReadAsync(
        HttpContext context, FacilitatorAccess access, FailureBudget budget, bool isSettle, CancellationToken cancellationToken)
    {
        if (!access.Admits(context))
        {
            await Catalogue.ApiKeyRequired.ExecuteAsync(context);
            return (null, true);
        }

        budget.RequireCallerRoom(access.CallerOf(context));
        var (body, problem) = await MessageBody.ReadAsync(context.Request, cancellationToken);
        if (problem is not null)
        {
            await problem.WriteAsync(context, json => Failure(json, isSettle, problem.Code));
            return (null, true);
        }

        var parsed = FacilitatorRequest.Parse(body);
        if (parsed.IsParsed)
        {
            return (parsed.Value, false);
        }

        budget.CallerFailed(access.CallerOf(context));
        var fault = parsed.Fault;
        if (parsed.Outcome == ParseOutcome.Broken)
        {
            await Catalogue.InvalidPayload(fault.Detail, fault.Pointer).WriteAsync(context, json => Failure(json, isSettle, fault.Code));
        }
        else
        {
            var words = $"{fault.Detail} ({fault.Pointer})";
            await AnswerAsync(context, isSettle
                ? AnswerWriter.Write(X402Version.V2, Refused(fault.Code, words, parsed.Network))
                : AnswerWriter.Write(VerifyResponse.Invalid(fault.Code, words)));
        }

        return (null, true);
    }

    private static SettleResponse Refused(string code, string words, string network) =>
        new() { Success = false, ErrorReason = code, ErrorMessage = words, Network = network };

    /// <summary>A broken envelope is a problem that still answers in the protocol's own words, for clients that read only those.</summary>
    private static void Failure(System.Text.Json.Utf8JsonWriter json, bool isSettle, string code)
    {
        if (isSettle)
        {
            SettleFailure(json, code);
            return;
        }

        json.WriteBoolean("isValid", false);
        json.WriteString("invalidReason", code);
    }

    private static void SettleFailure(System.Text.Json.Utf8JsonWriter json, string code)
    {
        json.WriteBoolean("success", false);
        json.WriteString("errorReason", code);
        json.WriteString("transaction", "");
        json.WriteString("network", "");
    }

    private static async Task AnswerAsync(HttpContext context, byte[] json)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = json.Length;
        await context.Response.BodyWriter.WriteAsync(json, context.RequestAborted);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
