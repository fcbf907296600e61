using System.Diagnostics;
using AgentPay.Benchmarks.Load;

namespace AgentPay.Benchmarks.Transfers;

/// <summary>What one load saw.</summary>
/// <param name="PerSecond">Transfers acknowledged a second.</param>
/// <param name="P50">Of a request, in milliseconds.</param>
/// <param name="P99">Of a request, in milliseconds.</param>
/// <param name="EngineMicroseconds">CPU time of the engine for each transfer.</param>
/// <param name="WriterMicroseconds">Of it, the thread that writes the store's file.</param>
/// <param name="DriverMicroseconds">CPU time of the load generator for each transfer.</param>
internal sealed record TransferRate(double PerSecond, double P50, double P99, double EngineMicroseconds, double WriterMicroseconds, double DriverMicroseconds);

/// <summary>Connections that each send their next request when they have the answer to the last; remembers every acknowledged request.</summary>
internal sealed class TransferLoad(BookEngine engine)
{
    private const int IdCharacters = 30;

    private readonly List<byte[]> acknowledged = [];
    private readonly long[] moved = new long[TransferTraffic.Accounts];

    /// <summary>Requests answered with anything but a booking of all their transfers.</summary>
    public int Failures { get; private set; }

    /// <summary>Transfers acknowledged.</summary>
    public long Booked { get; private set; }

    /// <summary>Ids of the requests acknowledged, 30 ASCII characters each.</summary>
    public IReadOnlyList<byte[]> Acknowledged => acknowledged;

    /// <summary>What each account received less what it gave, by the acknowledged transfers.</summary>
    public IReadOnlyList<long> Moved => moved;

    public async Task<TransferRate> RunAsync(int connections, int count, bool oneReceiver, TimeSpan duration)
    {
        var before = Cpu();
        var startedAt = Stopwatch.GetTimestamp();
        var workers = await Task.WhenAll(Enumerable.Range(0, connections).Select(number => Task.Run(() => WorkAsync(number, count, oneReceiver, startedAt, duration))));
        var elapsed = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        var after = Cpu();
        var latencies = workers.SelectMany(worker => worker.Latencies).Order().ToArray();
        var booked = (double)latencies.Length * Math.Max(1, count);
        foreach (var worker in workers)
        {
            Keep(worker, Math.Max(1, count));
        }

        return new TransferRate(booked / elapsed, latencies[latencies.Length / 2], latencies[(int)(0.99 * (latencies.Length - 1))], Each(after.Engine - before.Engine), Each(after.Writer - before.Writer), Each(after.Own - before.Own));

        double Each(double seconds) => 1e6 * seconds / booked;
    }

    private (double Engine, double Writer, double Own) Cpu() =>
        (CpuClock.SecondsOf(engine.ProcessId), CpuClock.SecondsOf(engine.ProcessId, "agentpay-store"), CpuClock.SecondsOf(Environment.ProcessId));

    private async Task<Worker> WorkAsync(int number, int count, bool oneReceiver, long startedAt, TimeSpan duration)
    {
        var (worker, traffic) = (new Worker(), new TransferTraffic(number, count, oneReceiver));
        using var connection = await HttpConnection.OpenAsync(engine.Url, CancellationToken.None);
        while (Stopwatch.GetElapsedTime(startedAt) < duration)
        {
            var request = traffic.Next();
            var sentAt = Stopwatch.GetTimestamp();
            var answer = await connection.SendAsync(request, CancellationToken.None);
            worker.Take(answer, traffic, Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds);
        }

        return worker;
    }

    private void Keep(Worker worker, int count)
    {
        Failures += worker.Failures;
        Booked += (long)worker.Ids.Count * count;
        acknowledged.AddRange(worker.Ids);
        for (var account = 0; account < moved.Length; account++)
        {
            moved[account] += worker.Moved[account];
        }
    }

    private sealed class Worker
    {
        public List<double> Latencies { get; } = [];

        public List<byte[]> Ids { get; } = [];

        public long[] Moved { get; } = new long[TransferTraffic.Accounts];

        public int Failures { get; private set; }

        public void Take(HttpAnswer answer, TransferTraffic traffic, double milliseconds)
        {
            // {"id":"txn_…","object":"transfer…
            var body = answer.Body.Span;
            var isBatch = traffic.From.Length > 1;
            if (answer.Status != 200 || !body.StartsWith("{\"id\":\"txn_"u8) || (isBatch && body.IndexOf("\"refused\":0,"u8) < 0))
            {
                Failures++;
                return;
            }

            Latencies.Add(milliseconds);
            Ids.Add(body.Slice(7, IdCharacters).ToArray());
            for (var i = 0; i < traffic.From.Length; i++)
            {
                Moved[traffic.From[i]]--;
                Moved[traffic.To[i]]++;
            }
        }
    }
}
