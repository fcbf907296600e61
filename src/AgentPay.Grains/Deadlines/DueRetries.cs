using System.Collections.Concurrent;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Deadlines;

/// <summary>Deadlines whose grain did not take them, each with a pause of its own that doubles. In memory: a start tries each at once.</summary>
internal sealed class DueRetries(TimeProvider clock)
{
    /// <summary>The longest pause: what failed because of the store or a defect of one grain comes back within this.</summary>
    public static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(10);
    private const int ForgetAbove = 1_000;

    private readonly ConcurrentDictionary<DueItem, Failure> failures = new();

    public int Count => failures.Count;

    /// <summary>When the next pause ends; null when nothing failed.</summary>
    public TimeSpan? NextIn => failures.IsEmpty ? null : failures.Values.Min(LeftOf);

    public bool MayTry(DueItem item) => !failures.TryGetValue(item, out var failure) || LeftOf(failure) <= TimeSpan.Zero;

    public void Succeeded(DueItem item) => failures.TryRemove(item, out _);

    public void Failed(DueItem item)
    {
        var times = failures.TryGetValue(item, out var before) ? before.Times + 1 : 1;
        var pause = PauseMin * Math.Pow(2, Math.Min(times - 1, 10));
        pause = pause < PauseMax ? pause : PauseMax;

        // Off the beat of the others that failed with it: up to a quarter less.
        pause -= pause * ((HashCode.Combine(item, times) & 0xff) / 1024.0);
        failures[item] = new Failure(times, clock.GetTimestamp(), pause);
        if (failures.Count > ForgetAbove)
        {
            // Cleared or moved by another decision, they are never asked for again.
            foreach (var (gone, _) in failures.Where(entry => LeftOf(entry.Value) < -ForgetAfter).ToArray())
            {
                failures.TryRemove(gone, out _);
            }
        }
    }

    private TimeSpan LeftOf(Failure failure) => failure.Pause - clock.GetElapsedTime(failure.At);

    private sealed record Failure(int Times, long At, TimeSpan Pause);
}
