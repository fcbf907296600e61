namespace AgentPay.Domain.Tests.X402;

/// <summary>Reads a table written as text: one row a line, cells between bars, the first line names the columns.</summary>
internal static class TextTable
{
    public static TheoryData<string, string, string> Three(string table)
    {
        var data = new TheoryData<string, string, string>();
        foreach (var cells in Rows(table, 3))
        {
            data.Add(cells[0], cells[1], cells[2]);
        }

        return data;
    }

    public static TheoryData<string, string> Two(string table)
    {
        var data = new TheoryData<string, string>();
        foreach (var cells in Rows(table, 2))
        {
            data.Add(cells[0], cells[1]);
        }

        return data;
    }

    private static IEnumerable<string[]> Rows(string table, int columns)
    {
        foreach (var line in table.Split('\n').Skip(1))
        {
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            Assert.True(cells.Length == columns, line);
            yield return cells;
        }
    }
}
