using System.Buffers;
using System.Net.Http.Headers;

namespace AgentPay.Chains.Evm;

/// <summary>JSON-RPC over HTTP to one node. Whatever keeps an answer away is a <see cref="ChainUnavailableException"/> with a <see cref="NodeFault"/>. Thread-safe.</summary>
internal sealed class JsonRpcClient : IDisposable
{
    private const int ResponseBytesMax = 16 << 20;
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient _http;
    private readonly NodeAddress _address;
    private readonly TimeProvider _clock;

    public JsonRpcClient(NodeAddress address, TimeProvider clock)
    {
        _address = address;
        _clock = clock;
        _http = new HttpClient(new SocketsHttpHandler
        {
            // Without a propagator there are no traces of these requests: they would tell the whole URL.
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    private string Name => _address.Name;

    /// <summary>Sends the calls as one request and gives their answers in the same order.</summary>
    public async Task<RpcReply[]> SendAsync(IReadOnlyList<RpcCall> calls, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _address.Url);
            request.Content = new ReadOnlyMemoryContent(RpcWire.Write(calls));
            request.Content.Headers.ContentType = Json;
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            if ((int)response.StatusCode is < 200 or >= 300)
            {
                throw Refused(response);
            }

            return Read(await ReadBodyAsync(response.Content, either.Token).ConfigureAwait(false), calls);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Fault($"The node at {Name} gave no answer within {timeout.TotalSeconds:0.###} s.", NodeFaultKind.Silent, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Fault($"The node at {Name} cannot be reached.", NodeFaultKind.Failed, exception);
        }
    }

    public void Dispose() => _http.Dispose();

    private static ChainUnavailableException Fault(string message, NodeFaultKind kind, Exception? exception = null, TimeSpan? retryAfter = null) =>
        new(message, new NodeFault(kind, retryAfter, exception));

    private ChainUnavailableException Refused(HttpResponseMessage response)
    {
        var wish = response.Headers.RetryAfter;
        var patience = wish?.Delta ?? wish?.Date - _clock.GetUtcNow();
        var isBusy = (int)response.StatusCode == 429 || patience is not null;
        return Fault(
            $"The node at {Name} answered HTTP {(int)response.StatusCode}.", isBusy ? NodeFaultKind.Busy : NodeFaultKind.Failed, retryAfter: patience);
    }

    private RpcReply[] Read(ReadOnlyMemory<byte> body, IReadOnlyList<RpcCall> calls)
    {
        try
        {
            var replies = RpcWire.Read(body, calls);
            for (var i = 0; i < replies.Length; i++)
            {
                if (replies[i].Error is { } error)
                {
                    // Providers repeat the key they were given when they refuse it.
                    replies[i] = replies[i] with { Error = error with { Message = _address.Redact(error.Message) } };
                }
            }

            return replies;
        }
        catch (ChainUnavailableException exception)
        {
            throw Fault($"{Name}: {_address.Redact(exception.Message)}", NodeFaultKind.Failed);
        }
    }

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
