using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using AgentPay.Api;
using AgentPay.Api.Payments;
using AgentPay.Storage.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Tests.Payments;

/// <summary>A seller's server on a socket, with the engine behind it: priced endpoints of every kind, and buyers who may hang up.</summary>
internal sealed class Shop : IAsyncDisposable
{
    public const int BigAnswerBytes = 32 * 1024 * 1024;

    private readonly WebApplication server;
    private readonly HttpClient http = new();
    private bool isClosed;

    private Shop(WebApplication server, Engine engine, SilentStore silence)
    {
        this.server = server;
        Engine = engine;
        Silence = silence;
    }

    public Engine Engine { get; }

    /// <summary>The runs of <c>/held</c>, each of which goes on when its source is set.</summary>
    public Channel<(HttpContext Context, TaskCompletionSource GoOn)> Runs { get; } = Channel.CreateUnbounded<(HttpContext, TaskCompletionSource)>();

    public Uri Url => new(server.Urls.First());

    /// <summary>For those who speak HTTP/2.</summary>
    public Uri StreamsUrl => new(server.Urls.Last());

    /// <summary>Says, when it is told to, that the database does not answer.</summary>
    public SilentStore Silence { get; }

    /// <summary>What was thrown when the answer had begun.</summary>
    public ConcurrentQueue<Exception> Thrown { get; } = new();

    /// <summary>Nothing that is answered leaves.</summary>
    public bool IsWireStuck { get; set; }

    public static async Task<Shop> OpenAsync(bool onTestClock = false)
    {
        var (engine, silence) = (await Engine.StartAsync(), new SilentStore());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, static streams => streams.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton(onTestClock ? engine.Clock : TimeProvider.System);
        builder.Services.AddSingleton(engine.Facilitator);
        builder.Services.AddAgentPayApi();
        builder.Services.AddPromptFacilitator();
        builder.Services.AddSingleton<IStoreHealth>(silence);
        var server = builder.Build();
        server.UseExceptionHandler(_ => { });
        var shop = new Shop(server, engine, silence);
        server.Use(async (context, next) =>
        {
            if (shop.IsWireStuck)
            {
                var wire = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
                context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new StuckWire(), wire));
            }

            try
            {
                await next(context);
            }
            catch (Exception thrown) when (context.Response.HasStarted)
            {
                shop.Thrown.Enqueue(thrown);
                throw;
            }
        });
        shop.Map();
        await server.StartAsync(Engine.Stop);
        return shop;
    }

    /// <summary>The payment's header, as its buyer sends it, who may have named it.</summary>
    public static string HeaderOf(Payment payment, string? name = null)
    {
        var (terms, signed) = (payment.Requirements, payment.Payload.Authorization!);
        var json = JsonSerializer.SerializeToNode(new
        {
            x402Version = 2,
            accepted = new
            {
                scheme = terms.Scheme,
                network = terms.Network,
                amount = terms.Amount,
                asset = terms.Asset,
                payTo = terms.PayTo,
                maxTimeoutSeconds = terms.MaxTimeoutSeconds,
                extra = new { name = terms.Extra.Name, version = terms.Extra.Version },
            },
            payload = new
            {
                signature = signed.Signature,
                authorization = new { from = signed.From, to = signed.To, value = signed.Value, validAfter = signed.ValidAfter, validBefore = signed.ValidBefore, nonce = signed.Nonce },
            },
        })!;
        if (name is not null)
        {
            json["extensions"] = JsonSerializer.SerializeToNode(new Dictionary<string, object> { ["payment-identifier"] = new { info = new { required = false, id = name } } });
        }

        return Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(json));
    }

    /// <summary>Buys with this payment.</summary>
    public async Task<HttpResponseMessage> BuyAsync(string path, Payment payment, string? name = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url, path));
        request.Headers.Add("PAYMENT-SIGNATURE", HeaderOf(payment, name));
        return await http.SendAsync(request, Engine.Stop);
    }

    /// <summary>Buys by HTTP/2, and reads the head of the answer alone.</summary>
    public async Task<HttpResponseMessage> BuyByStreamAsync(string path, Payment payment)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(StreamsUrl, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Add("PAYMENT-SIGNATURE", HeaderOf(payment));
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Engine.Stop);
    }

    /// <summary>Sends the request and gives its open connection, to be read or closed.</summary>
    public async Task<TcpClient> AskAsync(string path, Payment payment)
    {
        var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Loopback, Url.Port, Engine.Stop);
        var request = $"GET {path} HTTP/1.1\r\nHost: {Url.Authority}\r\nPAYMENT-SIGNATURE: {HeaderOf(payment)}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), Engine.Stop);
        return client;
    }

    public ValueTask<(HttpContext Context, TaskCompletionSource GoOn)> NextRunAsync() => Runs.Reader.ReadAsync(Engine.Stop);

    public async ValueTask DisposeAsync()
    {
        if (isClosed)
        {
            return;
        }

        isClosed = true;
        http.Dispose();
        await server.StopAsync(new CancellationToken(canceled: true));
        await server.DisposeAsync();
        await Engine.DisposeAsync();
        Silence.Dispose();
    }

    private void Map()
    {
        var (network, token) = (Engine.Chain.Network, Engine.Usdc);
        var offer = new PaymentOffer(network, $"{token.Address}", $"{Engine.Price}", $"{Engine.Merchant}", token.Name, token.Version) { MaxTimeoutSeconds = 60 };
        server.MapGet("/held", async (HttpContext context) =>
        {
            var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await Runs.Writer.WriteAsync((context, goOn));
            await goOn.Task;
            return "sold";
        }).RequirePayment(offer);
        server.MapGet("/none", () => Results.NoContent()).RequirePayment(offer);
        server.MapGet("/empty", () => Results.Ok()).RequirePayment(offer);
        server.MapGet("/nothing", () => Task.CompletedTask).RequirePayment(offer);
        server.MapGet("/broken", () => Results.StatusCode(500)).RequirePayment(offer);
        server.MapGet("/throws", string () => throw new InvalidOperationException("broken")).RequirePayment(offer);
        server.MapGet("/sized", (int bytes) => Results.Bytes(new byte[bytes])).RequirePayment(offer);
        server.MapGet("/big", () => Results.Bytes(new byte[BigAnswerBytes])).RequirePayment(offer);
    }
}
