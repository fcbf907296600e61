using AgentPay.Grains.Facilitator;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AgentPay.Api.Payments;

/// <summary>Runs a handler against a buffer, so that its answer can be kept back, sent or dropped.</summary>
internal sealed class HeldAnswer(HttpContext context, TimeProvider clock) : IDisposable
{
    /// <summary>
    /// How long the beginning of an answer may wait for room on the connection. Shorter than nobody takes the run over: only where its engine is taken for dead meanwhile,
    /// another may have answered.
    /// </summary>
    public static readonly TimeSpan StallMax = IAdmittedPayment.AnswerMax - TimeSpan.FromSeconds(15);

    /// <summary>So much goes out first: less than the server takes without waiting for a buyer who reads slowly.</summary>
    private const int BeginningBytes = 16 * 1024;

    /// <summary>Where the buyer says how much may be sent (HTTP/2 and 3), less could leave than was to: of one byte all or nothing does.</summary>
    private const int BeginningOfStreamBytes = 1;

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
    /// Sends what was held back. From the first byte on the buyer has the answer: one who hangs up in the middle of it does not get it again, and one who reads it
    /// slowly does not keep it from being noted. Where the connection takes not even the beginning, it is cut, and nothing has begun.
    /// </summary>
    /// <param name="begun">Told once the beginning was flushed to an open connection, before the rest leaves.</param>
    public async Task SendAsync(Func<Task> begun)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var isStream = HttpProtocol.IsHttp2(context.Request.Protocol) || HttpProtocol.IsHttp3(context.Request.Protocol);
        var beginning = (int)Math.Min(body.Length, isStream ? BeginningOfStreamBytes : BeginningBytes);
        if (!await BeginAsync(body.GetBuffer().AsMemory(0, beginning)))
        {
            context.Abort();
            return;
        }

        await begun();
        if (beginning == body.Length)
        {
            return;
        }

        try
        {
            await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(beginning, (int)body.Length - beginning), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
        catch (Exception hungUp) when (hungUp is OperationCanceledException or IOException)
        {
            // The answer was on its way; nobody is left to be told.
        }
    }

    private async Task<bool> BeginAsync(ReadOnlyMemory<byte> beginning)
    {
        using var patience = new CancellationTokenSource(StallMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        try
        {
            if (body.Length == 0)
            {
                await context.Response.CompleteAsync().WaitAsync(either.Token);
                return true;
            }

            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(beginning, either.Token);
            await context.Response.Body.FlushAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            // Stalled: the end of the beginning has not left. Or the buyer hung up while it did: it may have it.
            return !patience.IsCancellationRequested;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Forgets the handler's answer: it was not paid for.</summary>
    public void Drop() => context.Response.Clear();

    public void Dispose() => body.Dispose();
}
