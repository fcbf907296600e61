using System.Buffers;
using System.Net.Http.Headers;

namespace AgentPay.Chains.Evm;

/// <summary>JSON-RPC over HTTP to one node. Whatever keeps an answer away is <see cref="ChainUnavailableException"/>. Thread-safe.</summary>
internal sealed class JsonRpcClient : IDisposable
{
    private const int ResponseBytesMax = 16 << 20;
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly TimeProvider _clock;

    public JsonRpcClient(Uri url, TimeProvider clock)
    {
        _url = url;
        _clock = clock;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Host and port: the rest of an address may hold a key.</summary>
    public string Name => _url.Authority;

    /// <summary>Sends the calls as one request and gives their answers in the same order.</summary>
    public async Task<RpcReply[]> SendAsync(IReadOnlyList<RpcCall> calls, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _url);
            request.Content = new ReadOnlyMemoryContent(RpcWire.Write(calls));
            request.Content.Headers.ContentType = Json;
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            if ((int)response.StatusCode is < 200 or >= 300)
            {
                throw new ChainUnavailableException($"The node at {Name} answered HTTP {(int)response.StatusCode}.");
            }

            var body = await ReadBodyAsync(response.Content, either.Token).ConfigureAwait(false);
            return RpcWire.Read(body, calls);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ChainUnavailableException($"The node at {Name} gave no answer within {timeout.TotalSeconds:0.###} s.", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new ChainUnavailableException($"The node at {Name} cannot be reached.", exception);
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var known = content.Headers.ContentLength;
        if (known > ResponseBytesMax)
        {
            throw TooLarge();
        }

        var body = new ArrayBufferWriter<byte>((int)(known ?? 4096) + 1);
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            while (true)
            {
                var read = await stream.ReadAsync(body.GetMemory(1), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    return body.WrittenMemory;
                }

                body.Advance(read);
                if (body.WrittenCount > ResponseBytesMax)
                {
                    throw TooLarge();
                }
            }
        }
    }

    private static ChainUnavailableException TooLarge() => new("The node's answer is too large.", new ResponseTooLargeException());
}
