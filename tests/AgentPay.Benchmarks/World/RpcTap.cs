using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace AgentPay.Benchmarks.World;

/// <summary>
/// Stands between the engine and its node, passes every byte on, and remembers when at least one request was with the node: from its first byte on its way
/// there to the last byte of the answer. Of the node's websocket it remembers when a block was told, and counts from the last answer before as waiting for it.
/// </summary>
internal sealed class RpcTap : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly TcpListener blocks = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly object gate = new();
    private readonly List<(long From, long To)> busy = [];
    private readonly List<(long From, long To)> mining = [];
    private readonly int node;
    private readonly Task accepting;
    private long lastAnswer;

    public RpcTap(Uri node)
    {
        this.node = node.Port;
        listener.Start();
        blocks.Start();
        accepting = Task.WhenAll(AcceptAsync(listener, () => new Exchange(Keep)), AcceptAsync(blocks, () => new Blocks(KeepBlock)));
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    public Uri WebSocketUrl => new($"ws://127.0.0.1:{((IPEndPoint)blocks.LocalEndpoint).Port}");

    /// <summary>How long, of this span, at least one request was with the node. Timestamps of <see cref="Stopwatch"/>.</summary>
    public TimeSpan BusyWithin(long from, long to) => Within(from, to, andMining: false);

    /// <summary>The same with the time from the node's last answer until it told of a block.</summary>
    public TimeSpan BusyOrMiningWithin(long from, long to) => Within(from, to, andMining: true);

    /// <summary>How many times, one after the other, something was with the node in this span.</summary>
    public int ExchangesWithin(long from, long to)
    {
        var (count, end) = (0, long.MinValue);
        foreach (var span in Spans(from, to, andMining: false))
        {
            count += span.From > end ? 1 : 0;
            end = Math.Max(end, span.To);
        }

        return count;
    }

    private (long From, long To)[] Spans(long from, long to, bool andMining)
    {
        lock (gate)
        {
            return [.. (andMining ? busy.Concat(mining) : busy).Where(span => span.To > from && span.From < to).OrderBy(span => span.From)];
        }
    }

    private TimeSpan Within(long from, long to, bool andMining)
    {
        var spans = Spans(from, to, andMining);

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
            mining.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        blocks.Stop();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener, Func<IObserver> observe)
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(PassAsync(await listener.AcceptSocketAsync(stopping.Token), observe()));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    /// <summary>HTTP/1.1 without pipelining: a connection carries one request at a time, and its answer ends before the next begins.</summary>
    private async Task PassAsync(Socket engine, IObserver observer)
    {
        using var there = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        engine.NoDelay = true;
        try
        {
            await there.ConnectAsync(IPAddress.Loopback, node, stopping.Token);
            await Task.WhenAny(CopyAsync(engine, there, observer.Ask), CopyAsync(there, engine, observer.Answer));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The engine or the node hung up; whoever is left sees it when both sockets close.
        }
        finally
        {
            observer.End();
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
            lastAnswer = Math.Max(lastAnswer, to);
        }
    }

    private void KeepBlock()
    {
        lock (gate)
        {
            mining.Add((lastAnswer, Stopwatch.GetTimestamp()));
        }
    }

    /// <summary>Sees when bytes pass on one connection.</summary>
    private interface IObserver
    {
        void Ask();

        void Answer();

        void End();
    }

    /// <summary>What the node says here it says by itself.</summary>
    private sealed class Blocks(Action keep) : IObserver
    {
        public void Ask()
        {
        }

        public void Answer() => keep();

        public void End()
        {
        }
    }

    /// <summary>A request and its answer, which may come in pieces: it ends with the last one, which only the next request shows.</summary>
    private sealed class Exchange(Action<long, long> keep) : IObserver
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

        public void Answer()
        {
            var from = answeredAt == 0 ? askedAt : answeredAt;
            answeredAt = Stopwatch.GetTimestamp();
            keep(from, answeredAt);
        }

        public void End()
        {
            if (askedAt != 0 && answeredAt == 0)
            {
                keep(askedAt, Stopwatch.GetTimestamp());
            }
        }
    }
}
