using AgentPay.Api.Facilitator;
using AgentPay.Api.Problems;
using AgentPay.Api.Silence;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Settlements;
using AgentPay.Storage.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentPay.Api.Settlements;

/// <summary>Settlements, to look at.</summary>
public static class SettlementEndpoints
{
    /// <summary>Maps <c>/v1/settlements/{id}</c> and <c>/v1/settlements/by-transaction/{hash}</c>.</summary>
    public static IEndpointRouteBuilder MapSettlements(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/settlements").WithTags("Settlements");
        group.AddEndpointFilter(async (invocation, next) =>
            invocation.HttpContext.RequestServices.GetService(typeof(FacilitatorAccess)) is FacilitatorAccess access && access.Admits(invocation.HttpContext)
                ? await next(invocation)
                : Catalogue.ApiKeyRequired);
        group.Promptly();
        group.MapGet("/{id}", GetAsync).WithName("getSettlement").WithSummary("One settlement with its postings and events.").AddProblems(401, 404, 503);
        group.MapGet("/by-transaction/{hash}", GetByTransactionAsync).WithName("getSettlementByTransaction")
            .WithSummary("The settlement a transaction of this engine carries.").AddProblems(401, 404, 503);
        return routes;
    }

    private static async Task<Results<Ok<SettlementResponse>, Problem>> GetAsync(
        string id, IGrainFactory grains, IAtomicStore store, CancellationToken cancellationToken)
    {
        if (!SettlementId.IsWellFormed(id) || await store.ReadAsync(new GrainRef(SettlementId.GrainType, id), cancellationToken) is null)
        {
            return Catalogue.NotFound("settlement");
        }

        var settlement = await grains.GetGrain<ISettlementGrain>(id).GetAsync(cancellationToken);
        var transfers = await store.ReadTransfersAsync(new GrainRef(SettlementId.GrainType, id), cancellationToken);
        var events = await store.ReadObjectEventsAsync(id, cancellationToken);
        return TypedResults.Ok(SettlementResponse.From(settlement!, transfers, events));
    }

    private static async Task<Results<Ok<SettlementResponse>, Problem>> GetByTransactionAsync(
        string hash, IGrainFactory grains, IAtomicStore store, CancellationToken cancellationToken)
    {
        var events = hash.Length == 66 ? await store.ReadObjectEventsAsync(hash.ToLowerInvariant(), cancellationToken) : [];
        return events.FirstOrDefault(entry => entry.Type == SignerEvents.CommittedType) is { } committed
            ? await GetAsync(SignerEvents.SettlementsOf(committed.Body.Span)[0], grains, store, cancellationToken)
            : Catalogue.NotFound("transaction of this engine");
    }
}
