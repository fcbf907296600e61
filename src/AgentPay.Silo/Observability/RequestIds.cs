using System.Security.Cryptography;

namespace AgentPay.Silo.Observability;

/// <summary>Gives every request an id, <c>req_…</c>, and says it in the answer, so that a caller and a log line can be brought together.</summary>
internal sealed class RequestIds(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        Span<byte> random = stackalloc byte[12];
        RandomNumberGenerator.Fill(random);
        context.TraceIdentifier = "req_" + Convert.ToHexStringLower(random);
        context.Response.OnStarting(
            static state =>
            {
                var http = (HttpContext)state;
                http.Response.Headers["Request-Id"] = http.TraceIdentifier;
                return Task.CompletedTask;
            },
            context);
        return next(context);
    }
}
