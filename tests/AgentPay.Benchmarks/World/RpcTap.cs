using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace AgentPay.Benchmarks.World;

/// <summary>
/// Stands between the engine and its node, passes every byte on, and remembers when at least one request was with the node: from its first byte on its way
/// there to the last byte of the answer.
/// </summary>
internal sealed class RpcTap : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly object gate = new();
    private readonly List<(long From, long To)> busy = [];
    private readonly int node;
    private readonly Task accepting;

    public RpcTap(Uri node)
    {
        this.node = node.Port;
        listener.Start();
        accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    /// <summary>How long, of this span, at least one request was with the node. Timestamps of <see cref="Stopwatch"/>.</summary>
    public TimeSpan BusyWithin(long from, long to)
    {
        (long From, long To)[] spans;
        lock (gate)
        {
            spans = [.. busy.Where(span => span.To > from && span.From < to).OrderBy(span => span.From)];
        }

        var (ticks, seen) = (0L, from);
        foreach (var span in spans)
        {
            var (start, end) = (Math.Max(span.From, seen), Math.Min(span.To, to));
            if (end > start)
            {
                ticks += end - start;
                seen = end;
            }
        }

        return TimeSpan.FromSeconds((double)ticks / Stopwatch.Frequency);
    }

    /// <summary>Forgets what it saw.</summary>
    public void Clear()
    {
        lock (gate)
        {
            busy.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(PassAsync(await listener.AcceptSocketAsync(stopping.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    /// <summary>HTTP/1.1 without pipelining: a connection carries one request at a time, and its answer ends before the next begins.</summary>
    private async Task PassAsync(Socket engine)
    {
        using var there = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        engine.NoDelay = true;
        var asked = new Exchange();
        try
        {
            await there.ConnectAsync(IPAddress.Loopback, node, stopping.Token);
            await Task.WhenAny(CopyAsync(engine, there, asked.Ask), CopyAsync(there, engine, () => asked.Answer(Keep)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The engine or the node hung up; whoever is left sees it when both sockets close.
        }
        finally
        {
            asked.End(Keep);
            engine.Dispose();
        }
    }

    private async Task CopyAsync(Socket from, Socket to, Action seen)
    {
        var buffer = new byte[64 << 10];
        while (await from.ReceiveAsync(buffer, SocketFlags.None, stopping.Token) is var read and > 0)
        {
            seen();
            await to.SendAsync(buffer.AsMemory(0, read), SocketFlags.None, stopping.Token);
        }
    }

    private void Keep(long from, long to)
    {
        lock (gate)
        {
            busy.Add((from, to));
        }
    }

    /// <summary>A request and its answer, which may come in pieces: it ends with the last one, which only the next request shows.</summary>
    private sealed class Exchange
    {
        private long askedAt;
        private long answeredAt;

        public void Ask()
        {
            if (askedAt == 0 || answeredAt != 0)
            {
                (askedAt, answeredAt) = (Stopwatch.GetTimestamp(), 0);
            }
        }

        public void Answer(Action<long, long> keep)
        {
            var from = answeredAt == 0 ? askedAt : answeredAt;
            answeredAt = Stopwatch.GetTimestamp();
            keep(from, answeredAt);
        }

        public void End(Action<long, long> keep)
        {
            if (askedAt != 0 && answeredAt == 0)
            {
                keep(askedAt, Stopwatch.GetTimestamp());
            }
        }
    }
}
