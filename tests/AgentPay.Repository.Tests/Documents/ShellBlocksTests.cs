using System.Diagnostics;
using System.Text.RegularExpressions;
using AgentPay.Repository.Tests.Engine;
using AgentPay.Repository.Tests.Tree;

namespace AgentPay.Repository.Tests.Documents;

/// <summary>
/// Runs the shell blocks of README and guides as a reader would, block by block from the root of the repository. A block marked <c>```sh no-run</c> is left out:
/// it starts an engine, needs a real chain or takes long. A <c>```text</c> block right after is its output, <c>…</c> standing for anything.
/// </summary>
[Collection("engine")]
public sealed partial class ShellBlocksTests(RunningEngine engine)
{
    private static readonly TimeSpan BlockTimeMax = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Pages =>
        [.. WorkTree.Markdown.Where(page => page == "README.md" || page.StartsWith("docs/guides/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task What_a_page_tells_to_type_works(string page)
    {
        foreach (Match block in Block().Matches(WorkTree.Read(page)))
        {
            var script = OnThisEngine(block.Groups["script"].Value);
            var (code, output) = await RunAsync(script);
            Assert.True(code == 0, $"{page}: exit code {code}\n{script}\n{output}");
            if (block.Groups["output"] is { Success: true, Value: var shown })
            {
                var pattern = Regex.Escape(OnThisEngine(shown).Trim()).Replace("…", ".*", StringComparison.Ordinal);
                Assert.True(Regex.IsMatch(output.Trim(), $"^{pattern}$", RegexOptions.Singleline), $"{page}: another output\n{script}\nexpected: {shown}\nfound: {output}");
            }
        }
    }

    [Fact]
    public void Blocks_are_found() => Assert.True(WorkTree.Markdown.Sum(page => Block().Count(WorkTree.Read(page))) >= 5);

    /// <summary>The pages speak of the default port and data folder.</summary>
    private string OnThisEngine(string text) => text
        .Replace("http://localhost:4020", engine.Url.ToString().TrimEnd('/'), StringComparison.Ordinal)
        .Replace("agentpay-data", engine.Data, StringComparison.Ordinal);

    private static async Task<(int Code, string Output)> RunAsync(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = WorkTree.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var limit = new CancellationTokenSource(BlockTimeMax, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, TestContext.Current.CancellationToken);
        var output = shell.StandardOutput.ReadToEndAsync(either.Token);
        var errors = shell.StandardError.ReadToEndAsync(either.Token);
        await shell.WaitForExitAsync(either.Token);
        return (shell.ExitCode, await output + (shell.ExitCode == 0 ? "" : await errors));
    }

    [GeneratedRegex(@"^```sh\n(?<script>.*?)^```\n(?:\n```text\n(?<output>.*?)^```)?", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
