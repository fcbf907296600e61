using System.Collections.Immutable;
using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Books;

/// <summary>A book while one request is decided: takes its transfers one after the other, then becomes one change with all its effects.</summary>
internal sealed class BookDraft(Book book, BookRules rules)
{
    private readonly Dictionary<string, ImmutableArray<Holding>> touched = new(StringComparer.Ordinal);
    private readonly ImmutableArray<Transfer>.Builder transfers = ImmutableArray.CreateBuilder<Transfer>();
    private readonly ImmutableArray<RefusedTransfer>.Builder refused = ImmutableArray.CreateBuilder<RefusedTransfer>();

    public void Take(TransferOrder order, int place)
    {
        Invariant.That(order.Atoms > 0 && order.Atoms <= (UInt128)Int128.MaxValue, "A transfer moves 1 to 2^127-1 atoms.");
        if (Judge(order) is { } code)
        {
            refused.Add(new RefusedTransfer(place, code));
        }
    }

    public BookDecision Finish(BookTransfers command)
    {
        if (transfers.Count == 0)
        {
            return new BookDecision(Outcome<Book>.Changed(book), refused.ToImmutable());
        }

        var records = ImmutableArray.CreateBuilder<RecordChange>(touched.Count);
        foreach (var (account, holdings) in touched)
        {
            records.Add(new RecordChange(account, BookRows.Write(holdings)));
        }

        var no = refused.ToImmutable();
        var changed = book with { Transfers = checked(book.Transfers + transfers.Count), Accounts = book.Accounts.SetItems(touched) };
        return new BookDecision(
            Outcome<Book>.Changed(changed, new Effects
            {
                Transfers = transfers.ToImmutable(),
                Records = records.MoveToImmutable(),
                Events = [BookEvents.Booked(command, no)],
                Account = book.Key,
            }),
            no);
    }

    private string? Judge(TransferOrder order)
    {
        if (rules.Find(order.Asset) is not { } asset)
        {
            return BookRefusals.UnknownAsset;
        }

        if (order.From == order.To)
        {
            return BookRefusals.SameAccount;
        }

        var (atoms, giver, receiver) = ((Int128)order.Atoms, HoldingsOf(order.From), HoldingsOf(order.To));
        var (gives, receives) = (Holding.In(giver, asset.Name), Holding.In(receiver, asset.Name));
        if (Available(gives, asset.FloorOf(order.From)) < order.Atoms)
        {
            return BookRefusals.InsufficientFunds;
        }

        if (receives > 0 && Int128.MaxValue - receives < atoms)
        {
            return BookRefusals.BalanceTooLarge;
        }

        Book(order, asset, Holding.With(giver, asset.Name, gives - atoms), Holding.With(receiver, asset.Name, receives + atoms));
        return null;
    }

    private void Book(TransferOrder order, BookAsset asset, ImmutableArray<Holding> giver, ImmutableArray<Holding> receiver)
    {
        Invariant.That(Holding.In(giver, asset.Name) >= asset.FloorOf(order.From), "No account goes below what it may.");
        touched[order.From] = giver;
        touched[order.To] = receiver;
        transfers.Add(new Transfer(
            BookAccounts.LedgerName(book.Key, order.From), BookAccounts.LedgerName(book.Key, order.To), asset.Name, order.Atoms, Books.Book.LedgerReason));
    }

    /// <summary>How much may be given: nothing when the floor was raised above the balance. Without signs, for 2^127-1 above and below zero are one atom more than a signed number holds.</summary>
    private static UInt128 Available(Int128 balance, Int128 floor) =>
        balance < floor ? 0 : balance < 0 ? (UInt128)(balance - floor) : (UInt128)balance + (UInt128)(-floor);

    private ImmutableArray<Holding> HoldingsOf(string account) =>
        touched.TryGetValue(account, out var changed) ? changed : book.Accounts.TryGetValue(account, out var holdings) ? holdings : [];
}
