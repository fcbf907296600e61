using AgentPay.Repository.Tests.Tree;

namespace AgentPay.Repository.Tests.Contracts;

/// <summary>A contract kept as text: it changes on purpose or not at all.</summary>
internal static class Snapshot
{
    /// <summary>Set to 1, the test writes what it found instead of comparing; the change is then reviewed like any other.</summary>
    private const string Accept = "AGENTPAY_ACCEPT";

    public static void Compare(string path, string found)
    {
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            File.WriteAllText(WorkTree.PathOf(path), found);
            return;
        }

        var kept = File.Exists(WorkTree.PathOf(path)) ? WorkTree.ReadLines(path) : [];
        var lines = found.TrimEnd('\n').Split('\n');
        var differences = kept.Except(lines).Select(line => "- " + line).Concat(lines.Except(kept).Select(line => "+ " + line)).ToArray();
        Assert.True(kept.SequenceEqual(lines), $"{path} differs. If that is meant, run this test with {Accept}=1 and commit.\n{string.Join('\n', differences.Take(60))}");
    }
}
