using System.Globalization;
using System.Text;
using AgentPay.Benchmarks.World;

namespace AgentPay.Benchmarks.Reports;

/// <summary>A result as a page: what was run and where, then ratios, then figures. Option <c>--as</c> keeps it under another name.</summary>
internal sealed class Report
{
    private readonly string file;
    private readonly StringBuilder page = new();

    public Report(string name, string title, IReadOnlyList<string> arguments, string? file = null)
    {
        this.file = new Options([.. arguments]).Text("as") ?? file ?? name;
        Line($"# {title}");
        Line();
        Line($"- Command: `./agentpay bench {string.Join(' ', [name, .. arguments])}`");
        Line($"- Machine: {Machine.Describe()}; load before: {Machine.Load()}");
        Line($"- Date: {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC; commit {Machine.Commit()}");
        Line();
    }

    public void Line(string text = "") => page.Append(text).Append('\n');

    public void Table(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        Line($"| {string.Join(" | ", heads)} |");
        Line($"|{string.Concat(Enumerable.Repeat(" --- |", heads.Count))}");
        foreach (var row in rows)
        {
            Line($"| {string.Join(" | ", row)} |");
        }

        Line();
    }

    /// <summary>Prints the page and keeps it under results/.</summary>
    public async Task SaveAsync()
    {
        Directory.CreateDirectory(Repository.Results);
        var text = page.ToString().TrimEnd() + "\n";
        await File.WriteAllTextAsync(Path.Combine(Repository.Results, file + ".md"), text);
        await Console.Out.WriteLineAsync(text);
    }

    public static string Number(double value) => double.IsNaN(value) ? "–" : value switch
    {
        >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
