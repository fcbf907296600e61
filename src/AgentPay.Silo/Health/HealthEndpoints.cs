using System.Text.Json.Serialization;
using AgentPay.Api.Problems;
using AgentPay.Grains.Chains;
using AgentPay.Storage.Contract;

namespace AgentPay.Silo.Health;

/// <summary>What orchestrators and people at night ask.</summary>
internal static class HealthEndpoints
{
    /// <summary>The writer may lag this long before the engine calls itself not ready.</summary>
    private static readonly TimeSpan WriteLagMax = TimeSpan.FromSeconds(5);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/health").WithTags("Health");
        group.MapGet("/live", () => TypedResults.Ok(new LiveAnswer("live"))).WithName("getLiveness").WithSummary("The process runs.");
        group.MapGet("/ready", GetReady).WithName("getReadiness").WithSummary("The store takes writes, grains can be called, and the node of at least one chain answers.")
            .Produces<ReadyAnswer>().Produces<ReadyAnswer>(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("/connectors/{id}", GetConnector).WithName("getConnectorHealth").WithSummary("One chain's health; the id is its CAIP-2 name.")
            .Produces<ConnectorAnswer>().Produces<ConnectorAnswer>(StatusCodes.Status503ServiceUnavailable).AddProblems(404);
    }

    private static IResult GetReady(IStoreHealth store, ISiloHealth silo, ChainDesk desk, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        var chains = desk.Health;
        var failure = store.LastWriteFailure;
        var isSilent = store.Silence.IsCancellationRequested;
        var storeOk = failure is null && !isSilent && store.WriteLag < WriteLagMax;
        var member = silo.Look();
        var ready = storeOk && member.IsActive && chains.Any(chain => !chain.IsHalted) && !lifetime.ApplicationStopping.IsCancellationRequested;
        var answer = new ReadyAnswer(
            ready ? "ready" : "not_ready",
            new StoreAnswer(storeOk ? "healthy" : "degraded", failure?.Reason ?? (isSilent ? "The database does not answer." : null)),
            member,
            [.. chains.Select(chain => ConnectorAnswer.Of(chain, desk, clock))]);
        return ready ? TypedResults.Ok(answer) : TypedResults.Json(answer, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static IResult GetConnector(string id, ChainDesk desk, TimeProvider clock)
    {
        var health = desk.Health.FirstOrDefault(chain => chain.Network == id);
        return health is null
            ? Catalogue.NotFound("connector")
            : TypedResults.Json(ConnectorAnswer.Of(health, desk, clock), statusCode: health.IsHalted ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }
}

internal sealed record LiveAnswer([property: JsonPropertyName("status")] string Status);

internal sealed record StoreAnswer([property: JsonPropertyName("status")] string Status, [property: JsonPropertyName("message")] string? Message);

internal sealed record ReadyAnswer(
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("store")] StoreAnswer Store,
    [property: JsonPropertyName("silo")] SiloAnswer Silo,
    [property: JsonPropertyName("connectors")] IReadOnlyList<ConnectorAnswer> Connectors);
