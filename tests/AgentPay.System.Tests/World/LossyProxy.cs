using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentPay.SystemTests.World;

/// <summary>Stands between callers and an engine, passes every request on, and breaks the connection instead of giving some of the answers, or in the middle of one.</summary>
internal sealed class LossyProxy : IAsyncDisposable
{
    private static readonly string[] _passedOn = ["Authorization", "Idempotency-Key"];
    private readonly Engine _engine;
    private readonly int _lostPercent;
    private readonly WebApplication _server;
    private readonly Random _chance;
    private readonly Lock _lock = new();
    private int _lost;
    private int _answers;

    private LossyProxy(Engine engine, int lostPercent, int seed)
    {
        (_engine, _lostPercent, _chance) = (engine, lostPercent, new Random(seed));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(PassAsync);
    }

    public Engine Engine => _engine;

    public Uri Url => new(_server.Urls.Single());

    /// <summary>Answers that the engine gave.</summary>
    public int Answers => _answers;

    /// <summary>Those that their callers did not get.</summary>
    public int Lost => _lost;

    public static async Task<LossyProxy> StartAsync(Engine engine, int lostPercent, int seed)
    {
        var proxy = new LossyProxy(engine, lostPercent, seed);
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
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_engine.Url, context.Request.Path)) { Content = new ByteArrayContent(body.ToArray()) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        foreach (var name in _passedOn.Where(context.Request.Headers.ContainsKey))
        {
            request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name].ToString());
        }

        try
        {
            using var answer = await _engine.Http.SendAsync(request, CancellationToken.None);
            await GiveAsync(context, answer, await answer.Content.ReadAsByteArrayAsync(CancellationToken.None));
        }
        catch (HttpRequestException)
        {
            context.Abort();
        }
    }

    private async Task GiveAsync(HttpContext context, HttpResponseMessage answer, byte[] body)
    {
        Interlocked.Increment(ref _answers);
        var (isLost, given) = Draw(body.Length);
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

    /// <summary>Whether this answer is lost, and how much of its body is given; null: not even its status.</summary>
    private (bool IsLost, int? Given) Draw(int length)
    {
        lock (_lock)
        {
            return _chance.Next(100) >= _lostPercent ? (false, length) : (true, _chance.Next(2) == 0 || length == 0 ? null : _chance.Next(length));
        }
    }
}
