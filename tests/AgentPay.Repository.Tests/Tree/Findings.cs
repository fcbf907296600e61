namespace AgentPay.Repository.Tests.Tree;

/// <summary>Says everything that is wrong at once, one line each.</summary>
internal static class Findings
{
    public static void None(IEnumerable<string> findings)
    {
        var all = findings.ToArray();
        Assert.True(all.Length == 0, string.Join('\n', all));
    }
}
