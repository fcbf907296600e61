using System.Diagnostics;

namespace AgentPay.Benchmarks.Load;

/// <summary>
/// Each connection sends its next request when it has the answer to the last one. A server that answers once a block can therefore never give more answers a
/// block than there are connections.
/// </summary>
internal sealed class ClosedLoop(Uri server, int connections, Func<HttpAnswer, string?> judge)
{
    /// <summary>How long an answer may take after the load ended; what is missing then is a failure.</summary>
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(30);

    /// <param name="requests">One after the other, across the connections.</param>
    /// <param name="repeat">Start again at the first when all were sent; otherwise the load ends.</param>
    /// <param name="duration">Nothing is sent after that.</param>
    public async Task<LoadResult> RunAsync(IReadOnlyList<byte[]> requests, bool repeat, TimeSpan duration)
    {
        var next = -1;
        var startedAt = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(duration + DrainMax);
        var workers = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(WorkAsync)));
        var latencies = workers.SelectMany(worker => worker.Latencies).Order().ToArray();
        var failures = workers.SelectMany(worker => worker.Failures).GroupBy(code => code).ToDictionary(group => group.Key, group => group.Count());
        var elapsed = workers.Max(worker => worker.LastAt) - startedAt;
        return new LoadResult(
            TimeSpan.FromSeconds((double)elapsed / Stopwatch.Frequency), latencies, latencies.Length + failures.Values.Sum(), failures,
            [.. workers.SelectMany(worker => worker.Good)]);

        async Task<Worker> WorkAsync()
        {
            var worker = new Worker { LastAt = startedAt };
            HttpConnection? connection = null;
            while (Stopwatch.GetElapsedTime(startedAt) < duration)
            {
                var index = Interlocked.Increment(ref next);
                if (!repeat && index >= requests.Count)
                {
                    break;
                }

                var sentAt = Stopwatch.GetTimestamp();
                try
                {
                    connection ??= await HttpConnection.OpenAsync(server, limit.Token);
                    var answer = await connection.SendAsync(requests[index % requests.Count], limit.Token);
                    worker.LastAt = Stopwatch.GetTimestamp();
                    worker.Take(judge(answer), Stopwatch.GetElapsedTime(sentAt, worker.LastAt), index);
                }
                catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
                {
                    worker.LastAt = Stopwatch.GetTimestamp();
                    worker.Failures.Add(e is OperationCanceledException ? "no answer" : "connection");
                    connection?.Dispose();
                    connection = null;
                }
            }

            connection?.Dispose();
            return worker;
        }
    }

    private sealed class Worker
    {
        public List<double> Latencies { get; } = [];

        public List<string> Failures { get; } = [];

        public List<int> Good { get; } = [];

        public long LastAt { get; set; }

        public void Take(string? failure, TimeSpan latency, int index)
        {
            if (failure is not null)
            {
                Failures.Add(failure);
                return;
            }

            Latencies.Add(latency.TotalMilliseconds);
            Good.Add(index);
        }
    }
}
