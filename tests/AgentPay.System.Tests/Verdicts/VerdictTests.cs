using System.Text.Json;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Verdicts;

/// <summary>
/// The reference TypeScript facilitator and ours judge one table of payments on one chain. Whatever they say differently is a row of
/// differences.md, with its reason; a row that no longer differs has to go.
/// </summary>
public sealed class VerdictTests(WalletWorld world) : IClassFixture<WalletWorld>
{
    private const int AgreedCasesMin = 25;

    [Fact]
    public async Task Both_facilitators_say_the_same_but_for_the_differences_that_are_listed()
    {
        await using var reference = Program.Start(
            "node", [Path.Combine(Places.Devnet, "reference-facilitator.mjs"), "--rpc", world.Chain.Url.ToString(), "--chain-id", "84532", "--key", Engine.NewKeyText(out _),
                "--wallet-factory", world.Factory.ToString()]);
        var url = JsonDocument.Parse(await reference.LineAsync("\"url\"")).RootElement.GetProperty("url").GetString()!;
        await using var judge = Program.Start("node", [
            Path.Combine(Places.Devnet, "verdicts.mjs"), "--reference", url, "--ours", $"{world.Engine.Url}facilitator", "--rpc", world.Chain.Url.ToString(),
            "--token", world.Chain.Token.ToString(), "--key", Engine.NewKeyText(out _), "--pay-to", world.Chain.Merchant.ToString(),
            "--wallet-factory", world.Factory.ToString(), "--unlisted-factory", world.Stranger.ToString()]);
        var code = await judge.EndAsync(120);
        Assert.True(code == 0, judge.Output);

        var rows = judge.Output.Split('\n').Select(line => line.Trim().TrimEnd(',')).Where(line => line.StartsWith('{')).Select(Verdict.Read).ToArray();
        var listed = await Differences.ReadAsync();
        var differing = rows.Where(row => row.Ours != row.Reference).ToDictionary(row => row.Key, row => row.Words);
        var unlisted = differing.Where(row => listed.GetValueOrDefault(row.Key) != row.Value).Select(row => $"| {row.Key} | {row.Value} | why |");
        var stale = listed.Where(row => differing.GetValueOrDefault(row.Key) != row.Value).Select(row => $"listed and not seen: {row.Key} | {row.Value}");
        Assert.True(!unlisted.Concat(stale).Any(), string.Join('\n', unlisted.Concat(stale)));
        var agreed = rows.Count(row => row.SameVerdict);
        Assert.True(agreed >= AgreedCasesMin, $"{agreed} of {rows.Length} verdicts are the same.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{rows.Length} payments, {agreed} same verdicts, {rows.Length - differing.Count} same words.");
    }

    private sealed record Verdict(string Key, string Reference, string Ours, bool SameVerdict)
    {
        public string Words => $"{Reference} | {Ours}";

        public static Verdict Read(string line)
        {
            var row = JsonDocument.Parse(line).RootElement;
            return new Verdict(
                $"{row.GetProperty("case").GetString()} | {row.GetProperty("x402Version").GetInt32()}",
                WordsOf(row.GetProperty("reference")),
                WordsOf(row.GetProperty("ours")),
                row.GetProperty("sameVerdict").GetBoolean());
        }

        private static string WordsOf(JsonElement answer)
        {
            var status = answer.GetProperty("status").GetInt32();
            var body = answer.GetProperty("body");
            var isObject = body.ValueKind == JsonValueKind.Object;
            return isObject && body.TryGetProperty("isValid", out var valid) && valid.GetBoolean() ? "valid"
                : status == 200 ? body.GetProperty("invalidReason").GetString()!
                : $"HTTP {status}";
        }
    }

    /// <summary>The rows of the table: case, version, the reference's words, ours, why.</summary>
    private static class Differences
    {
        public static async Task<Dictionary<string, string>> ReadAsync()
        {
            var lines = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "Verdicts/differences.md"), TestContext.Current.CancellationToken);
            var rows = lines.Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries)).Skip(2).ToArray();
            Assert.All(rows, row => Assert.True(row is [_, _, _, _, { Length: > 20 }], string.Join(" | ", row)));
            return rows.ToDictionary(row => $"{row[0]} | {row[1]}", row => $"{row[2]} | {row[3]}");
        }
    }
}
