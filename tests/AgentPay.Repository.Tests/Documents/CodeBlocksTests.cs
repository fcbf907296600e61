using System.Text.RegularExpressions;
using AgentPay.Repository.Tests.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AgentPay.Repository.Tests.Documents;

/// <summary>Compiles the <c>```csharp</c> blocks of every page, each as the program of a web project that references this engine: a reader can paste it.</summary>
public sealed partial class CodeBlocksTests
{
    /// <summary>What a web project's template gives a reader, and what the engine's own does.</summary>
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Http;
        global using AgentPay.Api.Payments;
        """;

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.Latest);

    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    public static TheoryData<string, int> Blocks()
    {
        var blocks = new TheoryData<string, int>();
        foreach (var page in WorkTree.Markdown)
        {
            for (var i = 0; i < Block().Count(WorkTree.Read(page)); i++)
            {
                blocks.Add(page, i);
            }
        }

        return blocks;
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void What_a_page_shows_compiles(string page, int number)
    {
        var code = Block().Matches(WorkTree.Read(page))[number].Groups["code"].Value;
        var problems = ProblemsOf(code);
        Assert.True(problems.Length == 0, $"{page}, C# block {number + 1}:\n{string.Join('\n', problems)}");
    }

    [Fact]
    public void What_does_not_compile_is_noticed() =>
        Assert.Contains("CS0117", Assert.Single(ProblemsOf("app.MapGet(\"/\", GetWeather).RequirePayment(PaymentOffer.Free);")), StringComparison.Ordinal);

    /// <summary>A block stands after <c>var app = …</c>; a handler it names and does not show is <c>GetWeather</c>.</summary>
    private static string[] ProblemsOf(string code)
    {
        var lines = code.Split('\n');
        var usings = lines.Where(line => line.StartsWith("using ", StringComparison.Ordinal) && line.TrimEnd().EndsWith(';')).ToArray();
        var program = $"""
            {string.Join('\n', usings)}
            var app = WebApplication.Create();
            {string.Join('\n', lines.Except(usings))}
            app.Run();
            static string GetWeather(string place) => place;
            """;
        var compilation = CSharpCompilation.Create(
            "page",
            [CSharpSyntaxTree.ParseText(Usings, Parsing), CSharpSyntaxTree.ParseText(program, Parsing)],
            References,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        return [.. compilation.GetDiagnostics().Where(problem => problem.Severity == DiagnosticSeverity.Error).Select(problem => problem.ToString())];
    }

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
