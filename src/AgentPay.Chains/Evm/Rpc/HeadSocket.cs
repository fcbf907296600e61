using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using Polly;
using Polly.Retry;

namespace AgentPay.Chains.Evm;

/// <summary>
/// Listens to <c>newHeads</c> on a node's websocket (eth_subscribe). What it hears only says when to look: blocks are read and compared as ever, so a lost, late
/// or false announcement costs time and never a block. Connects again by itself.
/// </summary>
internal sealed class HeadSocket(NodeAddress address, EvmChainOptions options, FollowPace pace, TimeProvider clock, NodeLog log)
{
    private const int MessageBytesMax = 1 << 20;
    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);

    private readonly ResiliencePipeline _reconnects = new ResiliencePipelineBuilder { TimeProvider = clock }.AddRetry(new RetryStrategyOptions
    {
        MaxRetryAttempts = int.MaxValue,
        BackoffType = DelayBackoffType.Exponential,
        Delay = PauseMin,
        MaxDelay = PauseMax,
        UseJitter = true,
        ShouldHandle = static outcome => ValueTask.FromResult(outcome.Outcome.Exception is ChainUnavailableException),
    }).Build();

    private volatile CancellationTokenSource? _session;
    private volatile string? _words = "It was not connected yet.";
    private ulong _announced;

    public NodeHealth Health => new(address.Name, _words is null ? NodeState.Listening : NodeState.Silent, _words is null ? Volatile.Read(ref _announced) : null, _words);

    /// <summary>Listens until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var socket = await _reconnects.ExecuteAsync(
                    async token => await ConnectAsync(token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                await ListenAsync(socket, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (ChainUnavailableException exception)
            {
                Silence(exception.Message);
            }

            await Task.Delay(PauseMin, clock, cancellationToken).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    /// <summary>A head was found by looking. When that was not announced, the socket is dead without knowing it: a new one is made.</summary>
    public void Found(ulong head)
    {
        var announced = Volatile.Read(ref _announced);
        if (_words is null && announced != 0 && head > announced + 1)
        {
            _session?.Cancel();
        }
    }

    private async Task<ClientWebSocket> ConnectAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.CallTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var socket = new ClientWebSocket();
        try
        {
            await socket.ConnectAsync(address.Url, either.Token).ConfigureAwait(false);
            var served = await AskAsync(socket, RpcCall.Of("eth_chainId"), either.Token).ConfigureAwait(false);
            if (!Hex.TryReadQuantity(served, out var chainId) || chainId != options.ChainId)
            {
                throw new ChainUnavailableException($"The node at {address.Name} does not serve chain {options.ChainId}.");
            }

            await AskAsync(socket, RpcCall.Of("eth_subscribe", "newHeads"), either.Token).ConfigureAwait(false);
            Volatile.Write(ref _announced, 0);
            _words = null;
            pace.Listen(true);
            log.Listening(address.Name);
            return socket;
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or JsonException or InvalidOperationException or ChainUnavailableException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            socket.Dispose();
            var words = exception is ChainUnavailableException ? exception.Message : $"The websocket at {address.Name} cannot be used.";
            Silence(words);
            throw new ChainUnavailableException(words, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task ListenAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        using var session = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _session = session;
        try
        {
            while (true)
            {
                using var message = await ReceiveAsync(socket, session.Token).ConfigureAwait(false);
                if (NumberOf(message.RootElement) is { } number)
                {
                    Volatile.Write(ref _announced, number);
                    pace.Announce(number);
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or JsonException or InvalidOperationException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ChainUnavailableException($"The websocket at {address.Name} ended or fell silent.", exception);
        }
        finally
        {
            _session = null;
        }
    }

    private void Silence(string words)
    {
        var before = _words;
        _words = words;
        pace.Listen(false);
        if (before != words)
        {
            log.Silent(address.Name, words);
        }
    }

    private async Task<string> AskAsync(ClientWebSocket socket, RpcCall call, CancellationToken cancellationToken)
    {
        await socket.SendAsync(RpcWire.Write([call]), WebSocketMessageType.Text, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        using var answer = await ReceiveAsync(socket, cancellationToken).ConfigureAwait(false);
        return answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("result", out var result) && result.ValueKind == JsonValueKind.String
            ? result.GetString()!
            : throw new ChainUnavailableException($"The websocket at {address.Name} refuses {call.Method}.");
    }

    private static async Task<JsonDocument> ReceiveAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        var message = new ArrayBufferWriter<byte>(2048);
        while (true)
        {
            var part = await socket.ReceiveAsync(message.GetMemory(1024), cancellationToken).ConfigureAwait(false);
            message.Advance(part.Count);
            if (part.MessageType == WebSocketMessageType.Close || message.WrittenCount > MessageBytesMax)
            {
                throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
            }

            if (part.EndOfMessage)
            {
                return JsonDocument.Parse(message.WrittenMemory);
            }
        }
    }

    private static ulong? NumberOf(JsonElement message) =>
        message.ValueKind == JsonValueKind.Object
        && message.TryGetProperty("params", out var parameters) && parameters.ValueKind == JsonValueKind.Object
        && parameters.TryGetProperty("result", out var head) && head.ValueKind == JsonValueKind.Object
        && head.TryGetProperty("number", out var text) && text.ValueKind == JsonValueKind.String
        && Hex.TryReadQuantity(text.GetString(), out var number) && number.TryToUInt64(out var height) ? height : null;
}
