using System.Text.RegularExpressions;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Operation;

/// <summary>The script at the root, as a person uses it.</summary>
public sealed partial class CommandTests
{
    [Fact]
    public async Task The_demo_shows_a_payment_from_its_terms_to_its_event_and_ends_by_itself()
    {
        var folder = Directory.CreateTempSubdirectory("agentpay-test-").FullName;
        await using var demo = Program.Start(
            Path.Combine(Places.Root, "agentpay"), ["demo"], new Dictionary<string, string> { ["NO_COLOR"] = "1", ["TMPDIR"] = folder });
        Assert.True(await demo.EndAsync(120) == 0, demo.Output);
        Assert.Matches(Transaction(), demo.Output);
        foreach (var shown in new[] { "402", "settlement.confirmed" })
        {
            Assert.Contains(shown, demo.Output, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder, "agentpay-demo*"));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData]
    [InlineData("dmeo")]
    [InlineData("demo", "--kepe")]
    public async Task A_command_that_is_not_understood_is_explained(params string[] words)
    {
        await using var script = Program.Start(Path.Combine(Places.Root, "agentpay"), words);
        Assert.Equal(2, await script.EndAsync());
        Assert.Contains("agentpay", script.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex("0x[0-9a-f]{64}")]
    private static partial Regex Transaction();
}
