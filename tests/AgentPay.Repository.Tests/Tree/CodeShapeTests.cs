using System.Text.RegularExpressions;

namespace AgentPay.Repository.Tests.Tree;

/// <summary>Sizes and names (docs/STYLE.md).</summary>
public sealed partial class CodeShapeTests
{
    private const int FileLinesMax = 500;
    private const int MethodLinesMax = 60;

    [Fact]
    public void No_file_is_longer_than_500_lines() => Findings.None(
        WorkTree.Code("src/").Concat(WorkTree.Code("tests/"))
            .Select(path => (path, Lines: WorkTree.ReadLines(path).Length))
            .Where(file => file.Lines > FileLinesMax).Select(file => $"{file.path}: {file.Lines} lines"));

    [Fact]
    public void No_method_is_longer_than_60_lines() => Findings.None(
        WorkTree.Code("src/").SelectMany(path => Methods(WorkTree.ReadLines(path)).Select(method => (path, method)))
            .Where(found => found.method.Lines > MethodLinesMax)
            .Select(found => $"{found.path}:{found.method.Start}: {found.method.Lines} lines"));

    [Theory]
    [InlineData(60, true)]
    [InlineData(61, false)]
    public void A_method_is_measured_from_brace_to_brace(int lines, bool fits)
    {
        string[] body = ["public sealed class A", "{", "    public void Run()", "    {", .. Enumerable.Repeat("        x++;", lines - 2), "    }", "}"];
        var method = Assert.Single(Methods(body));
        Assert.Equal(lines, method.Lines);
        Assert.Equal(fits, method.Lines <= MethodLinesMax);
    }

    [Fact]
    public void No_type_is_named_for_nothing_in_particular() => Findings.None(
        WorkTree.Code("src/").SelectMany(path => TypeName().Matches(WorkTree.Read(path)).Select(match => $"{path}: {match.Groups[1].Value}"))
            .Where(found => EmptyName().IsMatch(found)));

    [Fact]
    public void A_file_is_named_after_a_type_in_it() => Findings.None(
        WorkTree.Code("src/").Where(path => Path.GetFileName(path) is not ("Program.cs" or "Factory.cs") && !path.Contains("Attributes.cs", StringComparison.Ordinal))
            .Where(path => !IsNamedAfterAType(path)));

    private static bool IsNamedAfterAType(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path).Split('.')[0];
        var types = TypeName().Matches(WorkTree.Read(path)).Select(match => match.Groups[1].Value).ToArray();

        // A family is named in the plural (SettlementCommands), parts of one type by what they hold (SettlementSteps).
        return types.Length > 1 || types.Any(type => type == name || name.StartsWith(type, StringComparison.Ordinal));
    }

    /// <summary>Bodies in braces at the depth of members; the layout is dotnet format's, so the depth is the indentation.</summary>
    private static IEnumerable<(int Start, int Lines)> Methods(string[] lines)
    {
        for (var i = 1; i < lines.Length; i++)
        {
            var depth = lines[i].Length - 1;
            if (depth is not (4 or 8) || lines[i].TrimStart() != "{" || !IsMethodHeader(lines, i, depth))
            {
                continue;
            }

            var end = Array.FindIndex(lines, i, line => line.StartsWith(new string(' ', depth) + "}", StringComparison.Ordinal));
            yield return (i + 1, end - i + 1);
        }
    }

    private static bool IsMethodHeader(string[] lines, int brace, int depth)
    {
        var first = brace - 1;
        while (first > 0 && lines[first].Length > 0 && lines[first].TakeWhile(character => character == ' ').Count() > depth)
        {
            first--;
        }

        return MemberHeader().IsMatch(lines[first]) && !TypeName().IsMatch(lines[first]);
    }

    [GeneratedRegex(@"\b(?:class|record struct|record|struct|interface|enum)\s+(\w+)")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"Util|Helper|Manager|Misc|Common\b")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"^\s+(public|private|internal|protected|static|async)\b.*\(")]
    private static partial Regex MemberHeader();
}
