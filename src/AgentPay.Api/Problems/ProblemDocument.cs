using System.Text.Json.Serialization;

namespace AgentPay.Api.Problems;

/// <summary>A problem as the OpenAPI document shows it (RFC 9457 with members of its own); <see cref="Problem"/> writes it.</summary>
/// <param name="Type">A URI that ends in the code.</param>
/// <param name="Title">What went wrong, in general.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">Stable; the only member to switch on.</param>
/// <param name="Instance">The path that was asked.</param>
/// <param name="RequestId">The same as the <c>Request-Id</c> header.</param>
/// <param name="Retryable">True when the same request may succeed later; <c>Retry-After</c> says when.</param>
/// <param name="Detail">What went wrong here.</param>
/// <param name="Param">JSON Pointer to the member that is wrong.</param>
public sealed record ProblemDocument(
    string Type, string Title, int Status, string Code, string Instance, [property: JsonPropertyName("request_id")] string RequestId, bool Retryable,
    string? Detail = null, string? Param = null)
{
    /// <summary>The media type of problems.</summary>
    public const string MediaType = "application/problem+json";
}
