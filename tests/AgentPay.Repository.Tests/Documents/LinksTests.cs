using System.Text.RegularExpressions;
using AgentPay.Repository.Tests.Tree;

namespace AgentPay.Repository.Tests.Documents;

public sealed partial class LinksTests
{
    [Fact]
    public void Every_link_of_a_page_leads_somewhere() => Findings.None(
        WorkTree.Markdown.SelectMany(page => Link().Matches(WithoutCode(WorkTree.Read(page))).Select(match => (page, Target: match.Groups[1].Value)))
            .Where(link => !link.Target.Contains("://", StringComparison.Ordinal) && !link.Target.StartsWith("mailto:", StringComparison.Ordinal))
            .Where(link => !Resolves(link.page, link.Target)).Select(link => $"{link.page}: {link.Target}"));

    [Fact]
    public void Every_page_that_code_or_pages_name_exists() => Findings.None(
        WorkTree.Files.Where(path => Path.GetExtension(path) is ".cs" or ".md" or ".targets" or ".props" or ".csproj" or ".mjs" or ".editorconfig")
            .SelectMany(path => PageName().Matches(WorkTree.Read(path)).Select(match => (path, Page: match.Value)))
            .Where(named => !File.Exists(WorkTree.PathOf(named.Page))).Select(named => $"{named.path}: {named.Page}"));

    [Theory]
    [InlineData("docs/ARCHITECTURE.md")]
    [InlineData("docs/INVARIANTS.md")]
    [InlineData("README.md")]
    public void Every_file_and_folder_a_page_names_exists(string page) => Findings.None(
        RepositoryPath().Matches(WorkTree.Read(page)).Select(match => match.Groups[1].Value)
            .Where(path => !File.Exists(WorkTree.PathOf(path)) && !Directory.Exists(WorkTree.PathOf(path))));

    [Fact]
    public void Every_test_that_the_invariants_name_exists()
    {
        var tests = WorkTree.Code("tests/").ToDictionary(path => path, WorkTree.Read);
        Findings.None(TestName().Matches(WorkTree.Read("docs/INVARIANTS.md")).Select(match => match.Groups[1].Value)
            .Where(name => !tests.Values.Any(source => source.Contains($" {name}(", StringComparison.Ordinal))).Select(name => $"There is no test {name}."));
    }

    [Fact]
    public void Every_decision_is_in_the_index_and_says_when_it_does_not_apply()
    {
        var decisions = WorkTree.Files.Where(path => DecisionFile().IsMatch(path)).Order().ToArray();
        var index = WorkTree.Read("docs/decisions/README.md");
        Assert.NotEmpty(decisions);
        for (var i = 0; i < decisions.Length; i++)
        {
            var file = Path.GetFileName(decisions[i]);
            Assert.StartsWith($"{i + 1:0000}-", file, StringComparison.Ordinal);
            Assert.Contains($"({file})", index, StringComparison.Ordinal);
            Assert.All(["## Easier", "## Harder", "## When this does not apply"], heading => Assert.Contains(heading, WorkTree.ReadLines(decisions[i])));
        }
    }

    private static bool Resolves(string page, string target)
    {
        var parts = target.Split('#', 2);
        var path = parts[0].Length == 0 ? page : Path.GetRelativePath(WorkTree.Root, Path.GetFullPath(Path.Combine(WorkTree.Root, Path.GetDirectoryName(page)!, parts[0])));
        if (!File.Exists(WorkTree.PathOf(path)) && !Directory.Exists(WorkTree.PathOf(path)))
        {
            return false;
        }

        return parts.Length == 1 || Anchors(path).Contains(parts[1]);
    }

    private static IEnumerable<string> Anchors(string page) => WorkTree.ReadLines(page).Where(line => line.StartsWith('#'))
        .Select(line => NotInAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    private static string WithoutCode(string text) => Fenced().Replace(text, "");

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"(?<![\w/])docs/[\w/\-]+\.md")]
    private static partial Regex PageName();

    [GeneratedRegex(@"`((?:src|tests|docs|openapi)/[\w./\-]+)`")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"`([A-Z][a-zA-Z0-9]*(?:_[a-zA-Z0-9]+)+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^docs/decisions/\d{4}-[\w\-]+\.md$")]
    private static partial Regex DecisionFile();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();
}
