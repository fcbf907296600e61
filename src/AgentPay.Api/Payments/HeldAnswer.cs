using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AgentPay.Api.Payments;

/// <summary>Runs a handler against a buffer, so that its answer can be kept back, sent or dropped.</summary>
internal sealed class HeldAnswer(HttpContext context) : IDisposable
{
    private readonly MemoryStream body = new();

    /// <summary>True when the handler's answer is one worth paying for.</summary>
    public bool Succeeded => context.Response.StatusCode is < StatusCodes.Status400BadRequest and not StatusCodes.Status304NotModified;

    public async Task RunAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var wire = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var held = new StreamResponseBodyFeature(body, wire);
        context.Features.Set<IHttpResponseBodyFeature>(held);
        try
        {
            var result = await next(invocation);
            await (result switch
            {
                null => Task.CompletedTask,
                IResult answer => answer.ExecuteAsync(context),
                string text => Results.Text(text).ExecuteAsync(context),
                var value => Results.Json(value).ExecuteAsync(context),
            });
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        finally
        {
            context.Features.Set(wire);
        }
    }

    /// <summary>How much is held back.</summary>
    public long Length => body.Length;

    /// <summary>A copy of what is held back.</summary>
    public byte[] ToArray() => body.ToArray();

    /// <summary>
    /// Sends what was held back, and says whether the connection was open when it went out. From the first byte on the buyer has the answer:
    /// one who hangs up in the middle of it does not get it again.
    /// </summary>
    public async Task<bool> SendAsync()
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return false;
        }

        if (body.Length == 0)
        {
            await context.Response.CompleteAsync();
            return true;
        }

        context.Response.ContentLength = body.Length;
        try
        {
            await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
        catch (Exception hungUp) when (hungUp is OperationCanceledException or IOException)
        {
            // The answer was on its way; nobody is left to be told.
        }

        return true;
    }

    /// <summary>Forgets the handler's answer: it was not paid for.</summary>
    public void Drop() => context.Response.Clear();

    public void Dispose() => body.Dispose();
}
