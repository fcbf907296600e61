using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using AgentPay.Chains.Evm;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentPay.Chains.Tests.Evm.Rpc;

/// <summary>What a node does to a request.</summary>
internal enum NodeFate
{
    Answer,
    Hang,
    Reset,
    ServerError,
    TooManyRequests,
    Garbage,
}

/// <summary>A node with a chain of numbered blocks and balances of its own, whose trouble a test turns on and off.</summary>
internal sealed class FaultyNode : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentDictionary<WebSocket, bool> _sockets = new();
    private int _subscriptions;

    private FaultyNode()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.UseWebSockets();
        _server.Run(context => context.WebSockets.IsWebSocketRequest ? ListenAsync(context) : PassAsync(context));
    }

    public Uri Url => new(_server.Urls.Single());

    public string Name => Url.GetLeftPart(UriPartial.Authority);

    public NodeFate Fate { get; set; }

    public string ChainId { get; set; } = "0x14a34";

    public ulong Head { get; set; } = 100;

    public int Balance { get; set; } = 7;

    public Uri SocketUrl => new UriBuilder(Url) { Scheme = "ws" }.Uri;

    /// <summary>Websockets are taken.</summary>
    public bool TakesSockets { get; set; } = true;

    /// <summary>Websockets that subscribed so far.</summary>
    public int Subscriptions => Volatile.Read(ref _subscriptions);

    /// <summary>The methods of every request so far, but for the question that shows its chain and that for its head.</summary>
    public IReadOnlyList<string> Asked => [.. _asked.Where(method => method is not ("eth_chainId" or "eth_blockNumber"))];

    /// <summary>How often it was asked for its chain.</summary>
    public int Checks => _asked.Count(method => method == "eth_chainId");

    /// <summary>The member of an answer to a call; null: the usual one.</summary>
    public Func<JsonElement, string?> Member { get; set; } = static _ => null;

    public static async Task<FaultyNode> StartAsync(Action<FaultyNode>? change = null)
    {
        var node = new FaultyNode();
        change?.Invoke(node);
        await node._server.StartAsync(TestContext.Current.CancellationToken);
        return node;
    }

    public static string Hash(ulong number) => $"0x{number:x64}";

    public static EvmChain Chain(TimeProvider clock, params FaultyNode[] nodes) => Chain(clock, static options => options, nodes);

    /// <summary>No read is repeated: a test counts what it caused.</summary>
    public static EvmChain Chain(TimeProvider clock, Func<EvmChainOptions, EvmChainOptions> change, params FaultyNode[] nodes) => new(
        change(new EvmChainOptions { Network = "eip155:84532", RpcUrls = [.. nodes.Select(node => node.Url)], ReadRetriesMax = 0 }), clock);

    /// <summary>Adds blocks and tells every websocket of the last one.</summary>
    public async Task AnnounceAsync(ulong head)
    {
        Head = head;
        var text = $$$"""{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":{"number":"0x{{{head:x}}}"} }}""";
        foreach (var socket in _sockets.Keys)
        {
            await SendAsync(socket, text);
        }
    }

    public void DropSockets()
    {
        foreach (var socket in _sockets.Keys)
        {
            socket.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        DropSockets();
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
    }

    private static Task SendAsync(WebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);

    private async Task ListenAsync(HttpContext context)
    {
        if (!TakesSockets)
        {
            context.Response.StatusCode = 503;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is { MessageType: WebSocketMessageType.Text } message)
            {
                using var call = JsonDocument.Parse(buffer.AsMemory(0, message.Count));
                var isSubscription = NodeTroubleTests.Method(call.RootElement) == "eth_subscribe";
                await SendAsync(socket, $$"""{"jsonrpc":"2.0","id":1,"result":"{{(isSubscription ? "0x1" : ChainId)}}"}""");
                if (isSubscription)
                {
                    _sockets[socket] = true;
                    Interlocked.Increment(ref _subscriptions);
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // The other side, or the test, has ended it.
            _sockets.TryRemove(socket, out _);
            return;
        }

        _sockets.TryRemove(socket, out _);
    }

    private async Task PassAsync(HttpContext context)
    {
        using var request = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var calls = request.RootElement.ValueKind == JsonValueKind.Array ? [.. request.RootElement.EnumerateArray()] : new[] { request.RootElement };
        foreach (var call in calls)
        {
            _asked.Enqueue(NodeTroubleTests.Method(call)!);
        }

        switch (Fate)
        {
            case NodeFate.Answer:
                await NodeTroubleTests.AnswerAsync(request.RootElement, context.Response, call => Member(call) ?? Usual(call));
                break;
            case NodeFate.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                break;
            case NodeFate.Reset:
                context.Abort();
                break;
            case NodeFate.ServerError:
                context.Response.StatusCode = 500;
                break;
            case NodeFate.TooManyRequests:
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "20";
                break;
            case NodeFate.Garbage:
                await context.Response.WriteAsync("<html>busy</html>");
                break;
        }
    }

    private string Usual(JsonElement call)
    {
        var parameters = call.GetProperty("params");
        return NodeTroubleTests.Method(call) switch
        {
            "eth_chainId" => $""" "result":"{ChainId}" """,
            "eth_blockNumber" => $""" "result":"0x{Head:x}" """,
            "eth_getBalance" => $""" "result":"0x{Balance:x}" """,
            "eth_sendRawTransaction" => $""" "result":"{Bytes32.Keccak(Convert.FromHexString(parameters[0].GetString()![2..]))}" """,
            "eth_getBlockByNumber" => Block(parameters[0].GetString()!),
            "eth_getLogs" => """ "result":[] """,
            var other => throw new NotSupportedException(other),
        };
    }

    private string Block(string tag)
    {
        ulong? number = tag switch
        {
            "latest" => Head,
            "safe" or "finalized" => null,
            _ => ulong.Parse(tag.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        };
        return number is { } height && height <= Head
            ? $$""" "result":{"number":"0x{{height:x}}","hash":"{{Hash(height)}}","parentHash":"{{Hash(Math.Max(height, 1) - 1)}}","timestamp":"0x1","transactions":[]} """
            : """ "result":null """;
    }
}
