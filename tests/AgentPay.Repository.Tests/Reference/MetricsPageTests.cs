using System.Text.RegularExpressions;
using AgentPay.Repository.Tests.Tree;

namespace AgentPay.Repository.Tests.Reference;

public sealed partial class MetricsPageTests
{
    [Fact]
    public void Every_instrument_has_a_row_with_its_kind_and_unit_and_every_row_an_instrument()
    {
        var rows = ReferencePage.Rows("docs/reference/metrics.md");
        var sources = WorkTree.Code("src/").Select(WorkTree.Read).ToArray();
        var instruments = sources.SelectMany(source => Instrument().Matches(source)).ToArray();
        Assert.Equal(sources.Sum(source => Creation().Count(source)), instruments.Length);
        Assert.Equal(instruments.Select(match => match.Groups["name"].Value).Order(), rows.Keys.Order());
        Assert.All(instruments, match =>
        {
            var row = rows[match.Groups["name"].Value];
            Assert.Contains(match.Groups["kind"].Value, row, StringComparison.OrdinalIgnoreCase);
            Assert.Contains($"`{match.Groups["unit"].Value}`", row, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Every_number_of_a_log_line_is_given_once()
    {
        var numbers = WorkTree.Code("src/").SelectMany(path => LogNumber().Matches(WorkTree.Read(path)).Select(match => (path, Number: match.Groups[1].Value))).ToArray();
        Assert.True(numbers.Length > 10);
        Findings.None(numbers.GroupBy(entry => entry.Number).Where(group => group.Count() > 1).Select(group => $"{group.Key}: {string.Join(", ", group.Select(entry => entry.path))}"));
    }

    [Fact]
    public void Every_line_that_wakes_someone_is_in_the_guide_for_operators()
    {
        var guide = WorkTree.Read("docs/guides/operate.md");
        var errors = WorkTree.Code("src/").SelectMany(path => ErrorLine().Matches(WorkTree.Read(path)).Select(match => match.Groups[1].Value));
        Findings.None(errors.Where(number => !guide.Contains($"[{number}]", StringComparison.Ordinal)).Select(number => $"Event {number} is not in operate.md."));
    }

    [GeneratedRegex(@"\.Create(?<kind>Counter|Histogram|UpDownCounter|Gauge|Observable\w+)<\w+>\(\s*""(?<name>[^""]+)"",\s*(?:unit: )?""(?<unit>[^""]+)""")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\.Create(Counter|Histogram|UpDownCounter|Gauge|Observable\w+)<")]
    private static partial Regex Creation();

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(\d+)")]
    private static partial Regex LogNumber();

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(\d+),\s*(?:Level = )?LogLevel\.(?:Error|Critical)")]
    private static partial Regex ErrorLine();
}
