using System.Text;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Tests.Settlements;

/// <summary>Every status against every verb. The commands are those of the first caller, except where the column says another.</summary>
public sealed class TransitionTests
{
    // '=' stays, '!' refuses, '#' cannot happen (a defect stops the decision), '*' stays and changes something else than the status.
    private const string Table = """
        status    | Admit            | Release  | Reserve  | Reserve other        | Submit    | Confirm   | Doubt   | Undo      | Deepen | Deepen safe | Fail   | Answer
        None      | Admitted         | =        | Reserved | Reserved             | #         | #         | #       | #         | #      | #           | #      | #
        Admitted  | !payment_in_use  | Released | Reserved | !duplicate_settlement | #        | #         | #       | #         | #      | #           | #      | #
        Released  | Admitted         | =        | Reserved | Reserved             | #         | #         | #       | #         | #      | #           | #      | =
        Reserved  | !payment_in_use  | =        | =        | !duplicate_settlement | Submitted | Confirmed | Unknown | =        | =      | =           | Failed | *
        Submitted | !payment_in_use  | =        | =        | !duplicate_settlement | =        | Confirmed | Unknown | =         | =      | =           | Failed | *
        Unknown   | !payment_in_use  | =        | =        | !duplicate_settlement | Submitted | Confirmed | *       | =        | =      | =           | Failed | *
        Confirmed | !payment_in_use  | =        | =        | !duplicate_settlement | =        | =         | =       | Submitted | Final  | Safe        | =      | *
        Safe      | !payment_in_use  | =        | =        | !duplicate_settlement | =        | =         | =       | Submitted | Final  | =           | =      | *
        Final     | !payment_in_use  | =        | =        | !duplicate_settlement | =        | =         | =       | =         | =      | =           | =      | *
        Failed    | Admitted         | =        | =        | Reserved             | =         | Confirmed | =       | =         | =      | =           | =      | =
        """;

    public static TheoryData<string, string, string> Pairs()
    {
        var rows = Cells();
        var pairs = new TheoryData<string, string, string>();
        foreach (var row in rows.Skip(1))
        {
            for (var column = 1; column < rows[0].Length; column++)
            {
                pairs.Add(row[0], rows[0][column], row[column]);
            }
        }

        return pairs;
    }

    [Theory, MemberData(nameof(Pairs))]
    public void Every_status_answers_every_verb_as_the_table_says(string status, string verb, string expected) =>
        Assert.Equal(expected, Cell(status, verb));

    [Fact]
    public void The_table_names_every_status_and_every_verb()
    {
        var rows = Cells();

        Assert.Equal(["None", .. Enum.GetNames<SettlementStatus>()], rows.Skip(1).Select(row => row[0]));
        Assert.Equal(Enum.GetNames<SettlementVerb>(), rows[0].Skip(1).Where(name => !name.Contains(' ')).OrderBy(Enum.Parse<SettlementVerb>));
    }

    [Fact]
    public void The_reference_page_shows_this_table()
    {
        var page = File.ReadAllText(Page());
        var rendered = Render();

        if (!page.Contains(rendered, StringComparison.Ordinal))
        {
            Assert.Fail($"docs/reference/settlement-states.md must contain:\n{rendered}");
        }
    }

    private static string Cell(string status, string verb)
    {
        var before = status == "None" ? null : Given.In(Enum.Parse<SettlementStatus>(status));
        try
        {
            var outcome = before.Then(CommandOf(verb));
            return outcome switch
            {
                { Refusal: { } refusal } => "!" + refusal.Code,
                { IsChange: false } => ReferenceEquals(outcome.State, before) ? "=" : "unchanged, but another state",
                { State: { } state } when state.Status == before?.Status => "*",
                _ => outcome.State!.Status.ToString(),
            };
        }
        catch (InvariantBrokenException)
        {
            return "#";
        }
    }

    private static SettlementCommand CommandOf(string verb) => verb switch
    {
        "Admit" => Given.Admit(),
        "Release" => new ReleasePayment(Given.Key),
        "Reserve" => Given.Reserve(),
        "Reserve other" => Given.Reserve("another key"),
        "Submit" => new SubmitSettlement(Given.Hash),
        "Confirm" => Given.Confirm,
        "Doubt" => new DoubtSettlement(),
        "Undo" => new UndoSettlement(Given.Block),
        "Deepen" => new DeepenSettlement(Final: true, Given.Block),
        "Deepen safe" => new DeepenSettlement(Final: false, Given.Block),
        "Fail" => Given.Fail(),
        "Answer" => new AnswerSettlement(),
        _ => throw new ArgumentOutOfRangeException(nameof(verb)),
    };

    private static List<string[]> Cells() => [.. Table.Split('\n').Select(line => line.Split('|', StringSplitOptions.TrimEntries))];

    private static string Render()
    {
        var text = new StringBuilder();
        foreach (var (row, index) in Cells().Select((row, index) => (row, index)))
        {
            text.Append("| ").AppendJoin(" | ", row.Select(cell => cell.StartsWith('!') ? $"`{cell}`" : cell)).Append(" |\n");
            if (index == 0)
            {
                text.Append('|').Append(string.Concat(Enumerable.Repeat(" --- |", row.Length))).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Page()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AgentPay.Silo.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "docs", "reference", "settlement-states.md");
    }
}
