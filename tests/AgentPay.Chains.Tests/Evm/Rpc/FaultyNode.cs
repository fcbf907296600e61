using System.Collections.Concurrent;
using System.Globalization;
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

    private FaultyNode()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(PassAsync);
    }

    public Uri Url => new(_server.Urls.Single());

    public string Name => Url.GetLeftPart(UriPartial.Authority);

    public NodeFate Fate { get; set; }

    public string ChainId { get; set; } = "0x14a34";

    public ulong Head { get; set; } = 100;

    public int Balance { get; set; } = 7;

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

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
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
