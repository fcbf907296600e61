using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using AgentPay.Chains.Evm;
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

/// <summary>When the node gets once more what was sent.</summary>
public enum RpcDouble
{
    /// <summary>Not at all.</summary>
    Never,

    /// <summary>While it waits for its block.</summary>
    InThePool,

    /// <summary>When it is mined.</summary>
    AfterItsBlock,
}

/// <summary>Stands between the engine and its node and stops calls, before the node or before the answer.</summary>
internal sealed class RpcProxy : IAsyncDisposable
{
    private const string Sending = "eth_sendRawTransaction";

    private readonly ConcurrentDictionary<Stop, bool> _stops = new();
    private readonly HttpClient _http = new();
    private readonly SemaphoreSlim _turn = new(1);
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

    /// <summary>
    /// True: the node does not mine by itself, and is told to after each request that sends. A node of ours that mines while it takes transactions in keeps the next one
    /// for ever and offers it to no block (foundry issue 10122): here it does one after the other.
    /// </summary>
    public bool MinesWhatIsSent { get; init; }

    /// <summary>Done before a request that sends goes to the node: what others do on the chain just then. Gets the request's text.</summary>
    public Func<string, Task>? BeforeSending { get; set; }

    /// <summary>What is sent the node gets twice, and the engine hears its second word.</summary>
    public RpcDouble Double { get; set; }

    /// <summary>The node's words of what it did not take, or had taken already.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    /// <summary>The node behind; another one may take its place.</summary>
    public Uri Node
    {
        get => _node;
        set => _node = value;
    }

    public static async Task<RpcProxy> StartAsync(Uri node, bool minesWhatIsSent = false)
    {
        var proxy = new RpcProxy(node) { MinesWhatIsSent = minesWhatIsSent };
        await proxy._server.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    /// <summary>Stops every request, or the first so many, that holds a call of this method, until it is released or disposed.</summary>
    /// <param name="method">Of the call.</param>
    /// <param name="point">Where it stands then.</param>
    /// <param name="requests">How many are stopped.</param>
    /// <param name="isMeant">Looks at the request's text; null: all are meant.</param>
    public Stop StopAt(string method, RpcPoint point, int requests = int.MaxValue, Func<string, bool>? isMeant = null)
    {
        var stop = new Stop(method, point, requests, isMeant ?? (static _ => true), ended => _stops.TryRemove(ended, out _));
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

    /// <summary>Sends what somebody else signed, all of it before what is sent later; here it is mined as what the engine sends.</summary>
    public Task SendAsync(IEnumerable<SignedTransaction> signed)
    {
        var calls = signed.Select((one, place) => $$"""{"jsonrpc":"2.0","id":{{place}},"method":"{{Sending}}","params":["0x{{Convert.ToHexStringLower(one.Raw.Span)}}"]}""");
        return SendAndMineAsync(Encoding.UTF8.GetBytes($"[{string.Join(',', calls)}]"));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        await _turn.WaitAsync(CancellationToken.None);
        _turn.Dispose();
        _http.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var (methods, text) = (MethodsOf(body.ToArray()), Encoding.UTF8.GetString(body.ToArray()));
        if (_isDown || !await MeetAsync(context, methods, text, RpcPoint.BeforeNode))
        {
            Drop(context);
            return;
        }

        // A caller that is gone by now never sent its request.
        context.RequestAborted.ThrowIfCancellationRequested();
        var bytes = methods.Contains(Sending) ? await SendAsync(body.ToArray(), text) : await AskNodeAsync(body.ToArray());
        if (!await MeetAsync(context, methods, text, RpcPoint.BeforeAnswer))
        {
            Drop(context);
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private async Task<byte[]> AskNodeAsync(byte[] request)
    {
        using var content = new ByteArrayContent(request);
        content.Headers.ContentType = new("application/json");
        using var answer = await _http.PostAsync(_node, content, CancellationToken.None);
        return await answer.Content.ReadAsByteArrayAsync(CancellationToken.None);
    }

    private async Task<byte[]> SendAsync(byte[] request, string text)
    {
        await (BeforeSending?.Invoke(text) ?? Task.CompletedTask);
        var answer = await TakeTurnAsync(request);
        answer = Double == RpcDouble.AfterItsBlock ? await TakeTurnAsync(request) : answer;
        foreach (var refused in CallsOf(answer, static one => one.TryGetProperty("error", out var error) ? error.GetProperty("message").GetString() : null))
        {
            Refusals.Enqueue(refused);
        }

        return answer;
    }

    private Task<byte[]> TakeTurnAsync(byte[] request) => MinesWhatIsSent ? SendAndMineAsync(request) : AskNodeAsync(request);

    private async Task<byte[]> SendAndMineAsync(byte[] request)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            var answer = await AskNodeAsync(request);
            return Double == RpcDouble.InThePool ? await AskNodeAsync(request) : answer;
        }
        finally
        {
            // The sender does not wait for its block.
            _ = MineAsync();
        }
    }

    private async Task MineAsync()
    {
        try
        {
            do
            {
                await AskNodeAsync("""{"jsonrpc":"2.0","id":1,"method":"anvil_mine","params":["0x1"]}"""u8.ToArray());
            }
            while (Encoding.UTF8.GetString(await AskNodeAsync("""{"jsonrpc":"2.0","id":1,"method":"txpool_status","params":[]}"""u8.ToArray())) is var pool
                && !pool.Contains("\"pending\":\"0x0\"", StringComparison.Ordinal));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>False when the request is over.</summary>
    private async Task<bool> MeetAsync(HttpContext context, IReadOnlyCollection<string> methods, string text, RpcPoint point)
    {
        foreach (var stop in _stops.Keys.Where(stop => stop.Point == point && methods.Contains(stop.Method) && stop.IsMeant(text)))
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

    private static List<string> MethodsOf(byte[] body) => CallsOf(body, static call => call.GetProperty("method").GetString());

    /// <summary>What of each call, or answer, of a batch or of the only one.</summary>
    private static List<string> CallsOf(byte[] body, Func<JsonElement, string?> what)
    {
        using var document = JsonDocument.Parse(body);
        var calls = document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement.EnumerateArray().ToArray() : [document.RootElement];
        return [.. calls.Select(what).OfType<string>()];
    }

    /// <summary>Stops requests until it is released.</summary>
    internal sealed class Stop(string method, RpcPoint point, int requests, Func<string, bool> isMeant, Action<Stop> ended) : IDisposable
    {
        private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<RpcFate> _fate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _meetings;

        public string Method => method;

        public RpcPoint Point => point;

        public bool IsMeant(string request) => isMeant(request);

        /// <summary>Requests that came here.</summary>
        public int Meetings => Volatile.Read(ref _meetings);

        /// <summary>A request stands here.</summary>
        public Task MetAsync() => _met.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);

        public void Release(RpcFate fate = RpcFate.GoOn) => _fate.TrySetResult(fate);

        public async Task<RpcFate> MeetAsync(CancellationToken aborted)
        {
            if (Interlocked.Increment(ref _meetings) > requests)
            {
                return RpcFate.GoOn;
            }

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
