using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentPay.Chains.Tests.Evm.Rpc;

/// <summary>A node that misbehaves as told. It answers eth_chainId with 84532; all else is the test's.</summary>
internal sealed class StubNode : IAsyncDisposable
{
    private readonly WebApplication _server;

    private StubNode(WebApplication server) => _server = server;

    public Uri Url => new(_server.Urls.Single());

    /// <summary>Starts a node; <paramref name="answer"/> writes the whole answer to a request other than the first check of the chain.</summary>
    public static async Task<StubNode> StartAsync(Func<JsonElement, HttpResponse, Task> answer, string chainId = "0x14a34")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        server.Run(async context =>
        {
            using var request = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            var root = request.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.GetProperty("method").GetString() == "eth_chainId")
            {
                await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":1,"result":"{{chainId}}"}""");
                return;
            }

            await answer(root, context.Response);
        });
        await server.StartAsync(TestContext.Current.CancellationToken);
        return new StubNode(server);
    }

    /// <summary>A node that answers every request with the same text.</summary>
    public static Task<StubNode> StartAsync(string answer, int status = 200) => StartAsync((_, response) =>
    {
        response.StatusCode = status;
        return response.WriteAsync(answer);
    });

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
    }
}
