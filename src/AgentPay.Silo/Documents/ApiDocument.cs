using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace AgentPay.Silo.Documents;

/// <summary>The OpenAPI document at <c>/openapi/agentpay.v1.json</c>; openapi/agentpay.v1.json is the one last agreed on.</summary>
internal static class ApiDocument
{
    private const string Name = "agentpay.v1";

    public static IServiceCollection AddApiDocument(this IServiceCollection services)
    {
        // Numbers are numbers: text in their place is refused, and the document says so.
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict);
        return services.AddOpenApi(Name, options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "AgentPay";
                document.Info.Version = "v1";
                document.Info.Description = "An x402 facilitator and seller: verifies payments that agents signed, settles each at most once on an EVM chain, and shows what happened.";
                document.Info.License = new() { Name = "MIT", Identifier = "MIT" };
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, _, _) =>
            {
                foreach (var (status, media, json) in ApiExamples.Of(operation.OperationId ?? ""))
                {
                    if (operation.Responses?.TryGetValue(status, out var response) == true && response.Content?.TryGetValue(media, out var content) == true)
                    {
                        content.Example = JsonNode.Parse(json);
                    }
                }

                if (ApiExamples.RequestOf(operation.OperationId ?? "") is { } request && operation.RequestBody?.Content?.TryGetValue("application/json", out var body) == true)
                {
                    body.Example = JsonNode.Parse(request);
                }

                return Task.CompletedTask;
            });
        });
    }
}
