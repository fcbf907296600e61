namespace AgentPay.Benchmarks.Load;

/// <summary>What a load saw. Latencies are of good answers only, in milliseconds, ascending.</summary>
internal sealed record LoadResult(TimeSpan Elapsed, double[] Latencies, int Sent, IReadOnlyDictionary<string, int> Failures, IReadOnlyList<int> Good)
{
    public double PerSecond => Latencies.Length / Elapsed.TotalSeconds;

    public double P50 => Percentile(0.50);

    public double P99 => Percentile(0.99);

    /// <summary>Good answers of all that were sent, in percent.</summary>
    public double GoodPercent => Sent == 0 ? 0 : 100.0 * Latencies.Length / Sent;

    private double Percentile(double share) => Latencies.Length == 0 ? double.NaN : Latencies[(int)(share * (Latencies.Length - 1))];
}
