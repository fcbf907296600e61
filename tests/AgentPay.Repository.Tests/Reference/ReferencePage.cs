using AgentPay.Repository.Tests.Tree;

namespace AgentPay.Repository.Tests.Reference;

/// <summary>The tables of a page under docs/reference: rows by the code in their first cell.</summary>
internal static class ReferencePage
{
    public static Dictionary<string, string> Rows(string page)
    {
        var rows = new Dictionary<string, string>();
        foreach (var line in WorkTree.ReadLines(page).Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            Assert.True(rows.TryAdd(line[3..line.IndexOf('`', 3)], line), $"{page} has two rows of {line[2..line.IndexOf('`', 3)]}.");
        }

        return rows;
    }
}
