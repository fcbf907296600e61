using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentPay.SystemTests.World;

/// <summary>
/// Stands between callers and engines, passes every request on to one that listens, and breaks the connection instead of giving some of the answers, or in the middle of one.
/// </summary>
internal sealed class LossyProxy : IAsyncDisposable
{
    private static readonly string[] _passedOn = ["Authorization", "Idempotency-Key"];
    private readonly IReadOnlyList<Engine> _engines;
    private readonly int _lostPercent;
    private readonly WebApplication _server;
    private readonly Random _chance;
    private readonly Lock _lock = new();
    private int _lost;
    private int _answers;

    private LossyProxy(IReadOnlyList<Engine> engines, int lostPercent, int seed)
    {
        (_engines, _lostPercent, _chance) = (engines, lostPercent, new Random(seed));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(PassAsync);
    }

    /// <summary>What knows how to ask.</summary>
    public Engine Engine => _engines[0];

    public Uri Url => new(_server.Urls.Single());

    /// <summary>Answers that the engine gave.</summary>
    public int Answers => _answers;

    /// <summary>Those that their callers did not get.</summary>
    public int Lost => _lost;

    public static async Task<LossyProxy> StartAsync(IReadOnlyList<Engine> engines, int lostPercent, int seed)
    {
        var proxy = new LossyProxy(engines, lostPercent, seed);
        await proxy._server.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
    }

    private async Task PassAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        try
        {
            using var answer = await AskAsync(context, body.ToArray());
            await GiveAsync(context, answer, await answer.Content.ReadAsByteArrayAsync(CancellationToken.None));
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            context.Abort();
        }
    }

    /// <summary>Any of them first; a request that could not be sent goes to the next, and is answered 503 after the last.</summary>
    private async Task<HttpResponseMessage> AskAsync(HttpContext context, byte[] body)
    {
        var first = Draw(_engines.Count);
        for (var turn = 1; ; turn++)
        {
            using var request = Request(context, _engines[(first + turn) % _engines.Count], body);
            try
            {
                return await Engine.Http.SendAsync(request, CancellationToken.None);
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError && turn < _engines.Count)
            {
                // Nobody listens there.
            }
        }
    }

    private static HttpRequestMessage Request(HttpContext context, Engine engine, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(engine.Url, context.Request.Path)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        foreach (var name in _passedOn.Where(context.Request.Headers.ContainsKey))
        {
            request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name].ToString());
        }

        return request;
    }

    private async Task GiveAsync(HttpContext context, HttpResponseMessage answer, byte[] body)
    {
        Interlocked.Increment(ref _answers);
        var isLost = Draw(100) < _lostPercent;
        int? given = !isLost ? body.Length : Draw(2) == 0 ? null : Draw(Math.Max(1, body.Length));
        if (given is { } bytes)
        {
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            context.Response.ContentLength = body.Length;
            if (answer.Headers.TryGetValues("Idempotent-Replayed", out var replayed))
            {
                context.Response.Headers["Idempotent-Replayed"] = replayed.ToArray();
            }

            await context.Response.Body.WriteAsync(body.AsMemory(0, bytes), CancellationToken.None);
            await context.Response.Body.FlushAsync(CancellationToken.None);
        }

        if (isLost)
        {
            Interlocked.Increment(ref _lost);
            context.Abort();
        }
    }

    private int Draw(int below)
    {
        lock (_lock)
        {
            return _chance.Next(below);
        }
    }
}
