using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentPay.SystemTests.World;

/// <summary>Where a call stands when it is stopped.</summary>
public enum RpcPoint
{
    /// <summary>The node has not heard of it.</summary>
    BeforeNode,

    /// <summary>The node has done it; the engine has not heard of that.</summary>
    BeforeAnswer,
}

/// <summary>What becomes of a stopped call.</summary>
public enum RpcFate
{
    /// <summary>It goes on as if nothing had been.</summary>
    GoOn,

    /// <summary>The engine gets HTTP 502 instead.</summary>
    BadGateway,

    /// <summary>The connection ends without an answer.</summary>
    Drop,
}

/// <summary>Stands between the engine and its node and stops calls, before the node or before the answer.</summary>
internal sealed class RpcProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Stop, bool> _stops = new();
    private readonly HttpClient _http = new();
    private readonly WebApplication _server;
    private volatile Uri _node;
    private volatile bool _isDown;

    private RpcProxy(Uri node)
    {
        _node = node;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(PassAsync);
    }

    public Uri Url => new(_server.Urls.Single());

    /// <summary>True: every connection ends without an answer.</summary>
    public bool IsDown
    {
        get => _isDown;
        set => _isDown = value;
    }

    /// <summary>The node behind; another one may take its place.</summary>
    public Uri Node
    {
        get => _node;
        set => _node = value;
    }

    public static async Task<RpcProxy> StartAsync(Uri node)
    {
        var proxy = new RpcProxy(node);
        await proxy._server.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    /// <summary>Stops every request that holds a call of this method, until it is released or disposed.</summary>
    public Stop StopAt(string method, RpcPoint point)
    {
        var stop = new Stop(method, point, ended => _stops.TryRemove(ended, out _));
        _stops[stop] = true;
        return stop;
    }

    /// <summary>Every request that holds a call of this method meets its fate at once.</summary>
    public Stop Fail(string method, RpcPoint point, RpcFate fate)
    {
        var stop = StopAt(method, point);
        stop.Release(fate);
        return stop;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _http.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var methods = MethodsOf(body.ToArray());
        if (_isDown || !await MeetAsync(context, methods, RpcPoint.BeforeNode))
        {
            Drop(context);
            return;
        }

        // A caller that is gone by now never sent its request.
        context.RequestAborted.ThrowIfCancellationRequested();
        using var content = new ByteArrayContent(body.ToArray());
        content.Headers.ContentType = new("application/json");
        using var answer = await _http.PostAsync(_node, content, CancellationToken.None);
        var bytes = await answer.Content.ReadAsByteArrayAsync(CancellationToken.None);
        if (!await MeetAsync(context, methods, RpcPoint.BeforeAnswer))
        {
            Drop(context);
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    /// <summary>False when the request is over.</summary>
    private async Task<bool> MeetAsync(HttpContext context, IReadOnlyCollection<string> methods, RpcPoint point)
    {
        foreach (var stop in _stops.Keys.Where(stop => stop.Point == point && methods.Contains(stop.Method)))
        {
            var fate = await stop.MeetAsync(context.RequestAborted);
            if (fate == RpcFate.BadGateway)
            {
                context.Response.StatusCode = StatusCodes.Status502BadGateway;
            }

            if (fate != RpcFate.GoOn)
            {
                return false;
            }
        }

        return true;
    }

    private static void Drop(HttpContext context)
    {
        if (context.Response.StatusCode != StatusCodes.Status502BadGateway)
        {
            context.Abort();
        }
    }

    private static List<string> MethodsOf(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var calls = document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement.EnumerateArray().ToArray() : [document.RootElement];
        return [.. calls.Select(call => call.GetProperty("method").GetString()!)];
    }

    /// <summary>Stops requests until it is released.</summary>
    internal sealed class Stop(string method, RpcPoint point, Action<Stop> ended) : IDisposable
    {
        private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<RpcFate> _fate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _meetings;

        public string Method => method;

        public RpcPoint Point => point;

        /// <summary>Requests that came here.</summary>
        public int Meetings => Volatile.Read(ref _meetings);

        /// <summary>A request stands here.</summary>
        public Task MetAsync() => _met.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);

        public void Release(RpcFate fate = RpcFate.GoOn) => _fate.TrySetResult(fate);

        public async Task<RpcFate> MeetAsync(CancellationToken aborted)
        {
            Interlocked.Increment(ref _meetings);
            _met.TrySetResult();
            return await _fate.Task.WaitAsync(aborted);
        }

        public void Dispose()
        {
            ended(this);
            Release();
        }
    }
}
