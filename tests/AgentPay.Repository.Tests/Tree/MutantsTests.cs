using System.Diagnostics;
using System.Globalization;

namespace AgentPay.Repository.Tests.Tree;

/// <summary>The bugs that tests/mutants/run plants: each still fits the source, names a test that exists, and stands in the table.</summary>
public sealed class MutantsTests
{
    private static readonly string[] Patches = [.. WorkTree.Files.Where(path => path.StartsWith("tests/mutants/", StringComparison.Ordinal) && path.EndsWith(".patch", StringComparison.Ordinal))];

    [Fact]
    public void There_are_at_least_twelve() => Assert.True(Patches.Length >= 12, $"{Patches.Length} mutants");

    [Fact]
    public void Every_patch_applies_to_the_source() => Findings.None(Patches.Select(path => (path, Words: Check(path))).Where(found => found.Words.Length > 0)
        .Select(found => $"{found.path}: {found.Words}"));

    [Fact]
    public void Every_patch_names_a_test_that_exists() => Findings.None(Patches.Where(path => !Exists(path)));

    [Fact]
    public void The_table_shows_every_mutant_killed()
    {
        var rows = WorkTree.ReadLines("tests/mutants/KILLED.md").Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(2).ToArray();
        var names = Patches.Select(path => Path.GetFileNameWithoutExtension(path)).ToArray();
        Assert.Equal(names.Order(StringComparer.Ordinal), rows.Select(row => row.Split('|')[1].Trim()).Order(StringComparer.Ordinal));
        Findings.None(rows.Where(row => !row.EndsWith("| killed |", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_readme_says_how_many_there_are() =>
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $" {Patches.Length} planted bugs "), WorkTree.Read("README.md"), StringComparison.Ordinal);

    private static bool Exists(string path)
    {
        var lines = WorkTree.ReadLines(path);
        var test = lines.First(line => line.StartsWith("Test: ", StringComparison.Ordinal))[6..].Split('.');
        var project = lines.First(line => line.StartsWith("Project: ", StringComparison.Ordinal))[9..];
        return WorkTree.Code($"tests/AgentPay.{project}/").Any(file => WorkTree.Read(file).Contains($" {test[^1]}(", StringComparison.Ordinal));
    }

    private static string Check(string path)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["apply", "--check", path]) { WorkingDirectory = WorkTree.Root, RedirectStandardError = true })!;
        var words = git.StandardError.ReadToEnd();
        git.WaitForExit();
        return git.ExitCode == 0 ? "" : $"does not apply. {words.Trim()}";
    }
}
