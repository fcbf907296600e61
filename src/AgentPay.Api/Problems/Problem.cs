using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AgentPay.Api.Problems;

/// <summary>
/// An error answer as <c>application/problem+json</c> (RFC 9457) with a stable code. Clients switch on <see cref="Code"/>, never on text.
/// </summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable, snake_case (docs/reference/errors.md).</param>
/// <param name="Title">What went wrong, in general.</param>
/// <param name="Detail">What went wrong here; null when the title says it all.</param>
/// <param name="Pointer">JSON Pointer to the member that is wrong.</param>
/// <param name="RetryAfter">When to try again; null when trying again changes nothing.</param>
public sealed record Problem(int Status, string Code, string Title, string? Detail = null, string? Pointer = null, TimeSpan? RetryAfter = null) : IResult
{
    /// <summary>Writes the problem, with members of the protocol beside it where the protocol wants them.</summary>
    /// <param name="httpContext">Where to.</param>
    /// <param name="more">Writes further members.</param>
    /// <param name="requestId">The id of the request that was decided; null: of this one.</param>
    public async Task WriteAsync(HttpContext httpContext, Action<Utf8JsonWriter>? more, string? requestId = null)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteMembers(json, httpContext, requestId ?? httpContext.TraceIdentifier);
            more?.Invoke(json);
            json.WriteEndObject();
        }

        response.ContentLength = buffer.WrittenCount;
        await response.BodyWriter.WriteAsync(buffer.WrittenMemory, httpContext.RequestAborted);
    }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, null);

    private void WriteMembers(Utf8JsonWriter json, HttpContext httpContext, string requestId)
    {
        json.WriteString("type", $"https://agentpay.dev/errors/{Code}");
        json.WriteString("title", Title);
        json.WriteNumber("status", Status);
        if (Detail is not null)
        {
            json.WriteString("detail", Detail);
        }

        json.WriteString("instance", httpContext.Request.Path.Value);
        json.WriteString("code", Code);
        if (Pointer is { Length: > 0 })
        {
            json.WriteString("param", Pointer);
        }

        json.WriteString("request_id", requestId);
        json.WriteBoolean("retryable", RetryAfter is not null);
    }
}
