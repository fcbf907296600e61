using System.Globalization;

namespace AgentPay.SystemTests.Promises;

/// <summary>Requests at a steady rate, whether or not those before them were answered, and how long answers took.</summary>
internal static class Pace
{
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(10);

    /// <summary>Asks so often a second while it goes on, each with its number, and waits for what is under way then.</summary>
    public static async Task<int> RunAsync(int perSecond, Func<bool> goesOn, Func<int, Task> askAsync)
    {
        var (clock, asked) = (TimeProvider.System, new List<Task>());
        var since = clock.GetTimestamp();
        using var timer = new PeriodicTimer(_step, clock);
        while (goesOn() && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken))
        {
            var due = (int)(clock.GetElapsedTime(since).TotalSeconds * perSecond);
            while (asked.Count < due)
            {
                asked.Add(askAsync(asked.Count));
            }
        }

        await Task.WhenAll(asked);
        return asked.Count;
    }

    /// <summary>The time that this share of them took at most.</summary>
    public static TimeSpan Quantile(IEnumerable<TimeSpan> times, double share)
    {
        var sorted = times.Order().ToArray();
        return sorted.Length == 0 ? TimeSpan.Zero : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }

    /// <summary>For people.</summary>
    public static string Words(IReadOnlyCollection<TimeSpan> times) => string.Create(
        CultureInfo.InvariantCulture,
        $"{times.Count} (p50 {Quantile(times, 0.5).TotalMilliseconds:0} ms, p99 {Quantile(times, 0.99).TotalMilliseconds:0} ms, longest {Quantile(times, 1).TotalMilliseconds:0} ms)");
}
