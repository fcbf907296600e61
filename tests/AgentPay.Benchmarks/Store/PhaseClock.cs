using System.Diagnostics.Metrics;
using AgentPay.Benchmarks.Reports;

namespace AgentPay.Benchmarks.Store;

/// <summary>Where the writer's time goes, from the store's own instruments: seconds a phase, batches, commits.</summary>
internal sealed class PhaseClock : IDisposable
{
    private static readonly string[] phases = ["apply", "commit", "answer", "checkpoint_rest", "checkpoint"];

    private readonly MeterListener listener = new();
    private readonly Dictionary<string, double> seconds = phases.ToDictionary(phase => phase, _ => 0.0);
    private readonly Dictionary<string, double> longest = phases.ToDictionary(phase => phase, _ => 0.0);
    private long batches;
    private long commits;

    public PhaseClock()
    {
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument is { Meter.Name: "AgentPay", Name: "agentpay.store.batch.phase" or "agentpay.store.batch.commits" })
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>(Phase);
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Batch(count));
        listener.Start();
    }

    /// <summary>What was seen since the last call, in the order of <see cref="Heads"/>.</summary>
    public string[] Take(TimeSpan wall)
    {
        lock (seconds)
        {
            string[] row =
            [
                Report.Number(batches == 0 ? double.NaN : (double)commits / batches),
                .. phases.Select(phase => $"{Report.Number(100 * seconds[phase] / wall.TotalSeconds)} % ({Report.Number(longest[phase] * 1_000)})"),
                Report.Number(commits == 0 ? double.NaN : phases[..4].Sum(phase => seconds[phase]) * 1e6 / commits),
            ];
            (batches, commits) = (0, 0);
            foreach (var phase in phases)
            {
                (seconds[phase], longest[phase]) = (0, 0);
            }

            return row;
        }
    }

    public static IReadOnlyList<string> Heads =>
        ["commits a batch", "apply", "COMMIT", "answer", "checkpoint's rest", "checkpoint beside", "writer µs a commit"];

    public void Dispose() => listener.Dispose();

    private void Phase(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var phase = (string)tags[0].Value!;
        lock (seconds)
        {
            seconds[phase] += value;
            longest[phase] = Math.Max(longest[phase], value);
        }
    }

    private void Batch(long count)
    {
        lock (seconds)
        {
            batches++;
            commits += count;
        }
    }
}
