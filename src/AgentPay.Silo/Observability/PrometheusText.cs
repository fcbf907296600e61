using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace AgentPay.Silo.Observability;

/// <summary>
/// The engine's metrics as Prometheus text (exposition format 0.0.4): counters and gauges as they are, histograms with buckets that fit their unit.
/// Stands in for the OpenTelemetry Prometheus exporter, which has no stable release.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    private static readonly double[] CountBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
    private static readonly double[] SecondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<(Instrument Instrument, string Labels), Series> series = new();

    public PrometheusText()
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name is "AgentPay" or "Microsoft.AspNetCore.Hosting" or "System.Runtime")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Measure(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Measure(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Measure(instrument, value, tags));
        listener.Start();
    }

    public string Write()
    {
        listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var family in series.GroupBy(entry => entry.Key.Instrument).OrderBy(group => group.Key.Name, StringComparer.Ordinal))
        {
            var name = NameOf(family.Key);
            text.Append("# HELP ").Append(name).Append(' ').Append((family.Key.Description ?? "").ReplaceLineEndings(" ")).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(TypeOf(family.Key)).Append('\n');
            foreach (var (key, value) in family.OrderBy(entry => entry.Key.Labels, StringComparer.Ordinal))
            {
                value.Write(text, name, key.Labels);
            }
        }

        return text.ToString();
    }

    public void Dispose() => listener.Dispose();

    private void Measure(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var entry = series.GetOrAdd((instrument, LabelsOf(tags)), static key => TypeOf(key.Instrument) == "histogram" ? new Histogram(key.Instrument.Unit == "s" ? SecondsBuckets : CountBuckets) : new Number());
        entry.Add(value, isTotal: instrument.IsObservable || instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal));
    }

    private static string TypeOf(Instrument instrument)
    {
        var kind = instrument.GetType().Name;
        return kind.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : kind.Contains("UpDown", StringComparison.Ordinal) || kind.Contains("Gauge", StringComparison.Ordinal) ? "gauge"
            : "counter";
    }

    private static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_').Replace('-', '_');
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var total = TypeOf(instrument) == "counter" ? "_total" : "";
        return name + unit + total;
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(name.Replace('.', '_')).Append("=\"")
                .Append(Convert.ToString(value, CultureInfo.InvariantCulture)?.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
                .Append('"');
        }

        return text.ToString();
    }

    private abstract class Series
    {
        public abstract void Add(double value, bool isTotal);

        public abstract void Write(StringBuilder text, string name, string labels);

        protected static void Line(StringBuilder text, string name, string labels, double value) =>
            text.Append(name).Append(labels.Length == 0 ? "" : $"{{{labels}}}").Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    private sealed class Number : Series
    {
        private readonly Lock gate = new();
        private double total;

        public override void Add(double value, bool isTotal)
        {
            lock (gate)
            {
                total = isTotal ? value : total + value;
            }
        }

        public override void Write(StringBuilder text, string name, string labels) => Line(text, name, labels, total);
    }

    private sealed class Histogram(double[] buckets) : Series
    {
        private readonly Lock gate = new();
        private readonly long[] counts = new long[buckets.Length];
        private long count;
        private double sum;

        public override void Add(double value, bool isTotal)
        {
            lock (gate)
            {
                count++;
                sum += value;
                for (var i = 0; i < buckets.Length; i++)
                {
                    counts[i] += value <= buckets[i] ? 1 : 0;
                }
            }
        }

        public override void Write(StringBuilder text, string name, string labels)
        {
            var comma = labels.Length == 0 ? "" : ",";
            lock (gate)
            {
                for (var i = 0; i < buckets.Length; i++)
                {
                    Line(text, name + "_bucket", $"{labels}{comma}le=\"{buckets[i].ToString("R", CultureInfo.InvariantCulture)}\"", counts[i]);
                }

                Line(text, name + "_bucket", $"{labels}{comma}le=\"+Inf\"", count);
                Line(text, name + "_sum", labels, sum);
                Line(text, name + "_count", labels, count);
            }
        }
    }
}
