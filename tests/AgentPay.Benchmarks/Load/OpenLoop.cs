using System.Diagnostics;

namespace AgentPay.Benchmarks.Load;

/// <summary>
/// Sends at a steady rate, whether or not the answers come: a request's latency counts from the moment it was due, so a server that stalls is seen to stall.
/// The connections are open before and stay open.
/// </summary>
internal sealed class OpenLoop(IReadOnlyList<HttpConnection> connections, double perSecond, Func<HttpAnswer, string?> judge)
{
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(70);

    /// <param name="requests">One after the other, across the connections; again from the first when all were sent.</param>
    /// <param name="duration">Nothing is due after that.</param>
    public async Task<LoadResult> RunAsync(IReadOnlyList<byte[]> requests, TimeSpan duration)
    {
        var count = (int)(perSecond * duration.TotalSeconds);
        var (latencies, failures) = (new double[count], new string?[count]);
        var next = -1;
        var startedAt = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(duration + DrainMax);
        await Task.WhenAll(connections.Select(connection => Task.Run(() => WorkAsync(connection))));
        var elapsed = Stopwatch.GetElapsedTime(startedAt);
        var good = Enumerable.Range(0, count).Where(i => failures[i] is null).ToArray();
        return new LoadResult(
            elapsed, [.. good.Select(i => latencies[i]).Order()], count,
            failures.OfType<string>().GroupBy(code => code).ToDictionary(group => group.Key, group => group.Count()), good);

        async Task WorkAsync(HttpConnection connection)
        {
            for (var index = Interlocked.Increment(ref next); index < count; index = Interlocked.Increment(ref next))
            {
                var due = TimeSpan.FromSeconds(index / perSecond);
                if (due - Stopwatch.GetElapsedTime(startedAt) is var wait && wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, TimeProvider.System, limit.Token);
                }

                // A timer's step is a millisecond: what goes too early counts from when it went.
                var sent = Stopwatch.GetElapsedTime(startedAt);
                try
                {
                    failures[index] = judge(await connection.SendAsync(requests[index % requests.Count], limit.Token));
                    latencies[index] = (Stopwatch.GetElapsedTime(startedAt) - (sent < due ? sent : due)).TotalMilliseconds;
                }
                catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
                {
                    // The connection is of no use any more; its requests go over the others.
                    failures[index] = e is OperationCanceledException ? "no answer" : "connection";
                    return;
                }
            }
        }
    }
}
