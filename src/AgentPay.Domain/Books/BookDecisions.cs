using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Books;

/// <summary>What a request came to.</summary>
/// <param name="Outcome">The book after it, and what is written.</param>
/// <param name="Refused">Those of its transfers that were not booked, by place.</param>
public sealed record BookDecision(Outcome<Book> Outcome, ImmutableArray<RefusedTransfer> Refused);

/// <summary>A transfer that was not booked.</summary>
/// <param name="Place">0-based place in its request.</param>
/// <param name="Code">One of <see cref="BookRefusals"/>.</param>
[GenerateSerializer, Immutable, Alias("agentpay.RefusedTransfer")]
public sealed record RefusedTransfer(
    [property: Id(0), JsonPropertyName("p")] int Place, [property: Id(1), JsonPropertyName("c")] string Code);

/// <content>The decisions.</content>
public sealed partial record Book
{
    /// <summary>Why a ledger row of a book was written.</summary>
    public const string LedgerReason = "transfer";

    /// <summary>
    /// Judges each transfer on what those before it left, and books what can be. A request of which nothing can be booked changes no balance;
    /// it is written all the same, for its answer must be given again.
    /// </summary>
    public static BookDecision Decide(Book? current, BookTransfers command, BookRules rules)
    {
        Invariant.That(command.Orders.Length is >= 1 and <= BookTransfers.OrdersMax, "A request has 1 to 1,000 transfers.");
        Invariant.That(command.IsBatch || command.Orders.Length == 1, "A transfer sent alone is one.");
        var draft = new BookDraft(current ?? new Book { Key = rules.Key }, rules);
        for (var place = 0; place < command.Orders.Length; place++)
        {
            draft.Take(command.Orders[place], place);
        }

        return draft.Finish(command);
    }

    /// <summary>Puts a book together again from its state and its rows.</summary>
    public static Book Attach(Book book, IEnumerable<(string Id, ReadOnlyMemory<byte> Body)> rows) =>
        book with { Accounts = Empty.AddRange(rows.Select(row => KeyValuePair.Create(row.Id, BookRows.Read(row.Body.Span)))) };
}
