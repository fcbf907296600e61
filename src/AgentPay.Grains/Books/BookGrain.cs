using System.Text;
using AgentPay.Domain.Books;
using AgentPay.Grains.Journal;
using AgentPay.Storage.Contract;
using Orleans.Concurrency;

namespace AgentPay.Grains.Books;

[GrainType(Book.GrainType), Reentrant]
internal sealed class BookGrain(
    [Journal(Book.GrainType)] IJournal<Book> journal, IAtomicStore store, BookRules rules, TimeProvider clock, GrainMetrics metrics) : Grain, IBookGrain
{
    /// <summary>How long an answer is given again.</summary>
    private static readonly TimeSpan AnswerKept = TimeSpan.FromHours(72);

    /// <summary>
    /// How long each key is looked up before its request is decided, after one came a second time. Otherwise the write itself finds out: it loses to the
    /// answer that stands, and what was decided behind it is decided again.
    /// </summary>
    private static readonly TimeSpan LookFirst = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (string Fingerprint, Task<BookReply> Reply)> underWay = new(StringComparer.Ordinal);
    private string? scope;
    private DateTimeOffset looksFirstUntil;

    /// <summary>The space this book's idempotency keys are unique in.</summary>
    private string Scope => scope ??= this.GetPrimaryKeyString() + "/transfers";

    public Task<BookReply> BookAsync(BookTransfers command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (underWay.TryGetValue(command.Key, out var twin))
        {
            return twin.Fingerprint == command.Fingerprint ? TwinAsync(twin.Reply) : RivalAsync(command, twin.Reply, cancellationToken);
        }

        var reply = BookOnceAsync(command);
        if (!reply.IsCompleted)
        {
            underWay.Add(command.Key, (command.Fingerprint, reply));
        }

        return reply;
    }

    public async Task<AccountHoldings?> GetHoldingsAsync(string account, CancellationToken cancellationToken)
    {
        var book = await journal.ReadAsync(cancellationToken);
        return book?.Accounts.TryGetValue(account, out var holdings) == true ? new AccountHoldings(account, holdings) : null;
    }

    /// <summary>The same request at the same time: one is decided, the other waits for its answer.</summary>
    private static async Task<BookReply> TwinAsync(Task<BookReply> first)
    {
        var reply = await first;
        return reply.Receipt is null ? reply : reply with { IsReplayed = true };
    }

    /// <summary>Another request under the same key at the same time. Who was first here need not be whose the key is: it may be told no because of this one.</summary>
    private async Task<BookReply> RivalAsync(BookTransfers command, Task<BookReply> first, CancellationToken cancellationToken)
    {
        var reply = await first;
        return reply.Receipt is null ? await BookAsync(command, cancellationToken) : new BookReply(null, IsReplayed: false);
    }

    private async Task<BookReply> BookOnceAsync(BookTransfers command)
    {
        try
        {
            var known = clock.GetUtcNow() < looksFirstUntil ? await StoredAsync(command) : null;
            while (known is null)
            {
                // Neither booked here nor found: the answer expired in between, so the key is free again.
                known = await DecideAsync(command) ?? await StoredAsync(command);
            }

            return known;
        }
        finally
        {
            underWay.Remove(command.Key);
        }
    }

    /// <summary>The answer given before; null when the key is new.</summary>
    private async Task<BookReply?> StoredAsync(BookTransfers command)
    {
        if (await store.ReadAnswerAsync(Scope, command.Key, clock.GetUtcNow(), CancellationToken.None) is not { } answer)
        {
            return null;
        }

        looksFirstUntil = clock.GetUtcNow() + LookFirst;
        return answer.Fingerprint.Span.SequenceEqual(Encoding.ASCII.GetBytes(command.Fingerprint))
            ? new BookReply(BookReceipt.Read(answer.Body.Span), IsReplayed: true)
            : new BookReply(null, IsReplayed: false);
    }

    /// <summary>Decides and writes; null when the key was answered before.</summary>
    private async Task<BookReply?> DecideAsync(BookTransfers command)
    {
        BookReceipt? receipt = null;
        var outcome = await journal.DecideOnceAsync((book, now) =>
        {
            var decision = Book.Decide(book, command, rules);
            receipt = new BookReceipt(command.Id, command.RequestId, Stored(now), decision.Refused);
            var answer = new Answer(Scope, command.Key, Encoding.ASCII.GetBytes(command.Fingerprint), HttpStatus: 0, receipt.Write(), now + AnswerKept);
            return (decision.Outcome, answer);
        });
        if (outcome is null)
        {
            return null;
        }

        metrics.TransfersJudged(command.Orders.Length - receipt!.Refused.Length, receipt.Refused.Length);
        return new BookReply(receipt, IsReplayed: false);
    }

    /// <summary>To the microsecond, as the store keeps the time of the transfer's event: it is shown the same wherever it is read.</summary>
    private static DateTimeOffset Stored(DateTimeOffset now) => now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
}
