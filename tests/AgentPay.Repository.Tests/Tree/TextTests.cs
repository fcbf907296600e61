using System.Text.RegularExpressions;

namespace AgentPay.Repository.Tests.Tree;

/// <summary>What no tracked text may hold.</summary>
public sealed partial class TextTests
{
    [Fact]
    public void No_text_names_a_folder_of_one_machine() => Findings.None(Find(MachinePath(), _ => true));

    [Fact]
    public void No_text_names_a_package_registry() => Findings.None(Find(RegistryHost(), _ => true));

    [Fact]
    public void No_test_sleeps() => Findings.None(Find(Sleep(), path => path.EndsWith(".cs", StringComparison.Ordinal)));

    [Fact]
    public void No_test_is_skipped() => Findings.None(Find(Skipped(), path => path.StartsWith("tests/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal)));

    [Fact]
    public void Text_ends_its_lines_as_editorconfig_says() => Findings.None(
        Texts(_ => true).Where(path => WorkTree.Read(path) is { Length: > 0 } text && (text.Contains('\r', StringComparison.Ordinal) || !text.EndsWith('\n'))));

    [Fact]
    public void The_changelog_has_a_place_for_what_is_not_released() =>
        Assert.Contains(WorkTree.ReadLines("CHANGELOG.md"), line => line.StartsWith("## [Unreleased]", StringComparison.Ordinal));

    [Theory]
    [InlineData("see /home/ann/notes", true)]
    [InlineData("see https://example.com/home/ann", false)]
    [InlineData("GET /users/ann", false)]
    public void A_folder_of_a_machine_is_told_from_a_url(string text, bool isFolder) => Assert.Equal(isFolder, MachinePath().IsMatch(text));

    private static IEnumerable<string> Find(Regex pattern, Func<string, bool> where) =>
        Texts(where).SelectMany(path => WorkTree.ReadLines(path).Select((line, i) => (Line: line, Number: i + 1))
            .Where(entry => pattern.IsMatch(entry.Line)).Select(entry => $"{path}:{entry.Number}: {entry.Line.Trim()}"));

    /// <summary>Tracked texts but this one, which holds examples of what it looks for.</summary>
    private static IEnumerable<string> Texts(Func<string, bool> where) => WorkTree.Files.Where(where)
        .Where(path => !path.EndsWith("/TextTests.cs", StringComparison.Ordinal))
        .Where(path => Path.GetExtension(path) is not (".png" or ".jpg" or ".ico" or ".db" or ".woff2" or ".gz" or ".bin"));

    [GeneratedRegex(@"(?<![\w.\-/:])(/(home|root|Users|work|workspace|workspaces|mnt|private|builds|github)/[\w.\-]+|[A-Z]:\\\\?Users\b)")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"https?://(registry\.|api\.nuget\.|nuget\.|npm\.|pypi\.|crates\.|proxy\.golang\.|[\w.\-]*artifactory)", RegexOptions.IgnoreCase)]
    private static partial Regex RegistryHost();

    [GeneratedRegex(@"Thread[.]Sleep\(|Task[.]Delay\((?!.*(clock|time|Time))")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\[(Fact|Theory|InlineData)\([^\]]*Skip\w*\s*=|Assert[.]Skip")]
    private static partial Regex Skipped();
}
