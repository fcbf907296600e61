using System.Globalization;
using AgentPay.Domain.Books;
using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Tests.Books;

public sealed class BookTests
{
    private const string Asset = "book:credits";
    private static readonly UInt128 Most = (UInt128)Int128.MaxValue;
    private static readonly BookRules Rules = new("book:main",
    [
        new BookAsset(Asset, 2, "mint", Most),
        new BookAsset("book:few", 0, "mint", 10),
        new BookAsset("book:none", 0, "", Most),
    ]);

    [Theory]
    [InlineData("100", null)]
    [InlineData("101", "insufficient_funds")]
    public void An_account_gives_what_it_has_and_not_one_atom_more(string atoms, string? code)
    {
        var book = After(Order("mint", "a", 100));

        var decision = Decide(book, Order("a", "b", Atoms(atoms)));

        Assert.Equal(code, CodeOf(decision));
        Assert.Equal(code is null ? (0, 100) : (100, 0), ((int)decision.Outcome.State!.BalanceOf("a", Asset), (int)decision.Outcome.State.BalanceOf("b", Asset)));
    }

    [Theory]
    [InlineData(10, null)]
    [InlineData(11, "insufficient_funds")]
    public void An_issuer_goes_as_far_below_zero_as_was_declared(int atoms, string? code) =>
        Assert.Equal(code, CodeOf(Decide(null, Order("mint", "a", (UInt128)atoms, "book:few"))));

    [Fact]
    public void What_an_issuer_issued_counts_and_what_came_back_does_not()
    {
        var book = After(Order("mint", "a", 10, "book:few"), Order("a", "mint", 4, "book:few"));

        Assert.Equal("insufficient_funds", CodeOf(Decide(book, Order("mint", "a", 5, "book:few"))));
        Assert.Null(CodeOf(Decide(book, Order("mint", "a", 4, "book:few"))));
    }

    [Fact]
    public void The_largest_amount_goes_around_and_one_atom_more_than_an_account_can_hold_does_not()
    {
        var book = After(Order("mint", "a", Most));
        Assert.Equal(-Int128.MaxValue, book.BalanceOf("mint", Asset));
        Assert.Equal("insufficient_funds", CodeOf(Decide(book, Order("mint", "b", 1))));

        var back = After(book, Order("a", "mint", Most));
        Assert.Equal(Int128.Zero, back.BalanceOf("mint", Asset));
        Assert.Null(CodeOf(Decide(back, Order("mint", "b", Most))));
    }

    [Fact]
    public void An_account_never_holds_more_than_the_largest_number()
    {
        var twoIssuers = new BookRules("book:main", [new BookAsset(Asset, 2, "other", Most)]);
        var book = After(Order("mint", "a", Most));

        Assert.Equal("balance_too_large", CodeOf(Book.Decide(book, Request(Order("other", "a", 1)), twoIssuers)));
        Assert.Null(CodeOf(Book.Decide(book, Request(Order("other", "b", 1)), twoIssuers)));
    }

    [Fact]
    public void An_account_below_a_floor_that_was_raised_gives_nothing_and_receives()
    {
        var book = After(Order("mint", "a", 100));
        var lowered = new BookRules("book:main", [new BookAsset(Asset, 2, "", Most)]);

        Assert.Equal("insufficient_funds", CodeOf(Book.Decide(book, Request(Order("mint", "a", 1)), lowered)));
        Assert.Null(CodeOf(Book.Decide(book, Request(Order("a", "mint", 1)), lowered)));
    }

    [Theory]
    [InlineData("a", "b", "book:other", "unknown_asset")]
    [InlineData("a", "a", "book:other", "unknown_asset")]
    [InlineData("a", "a", Asset, "same_account")]
    [InlineData("mint", "mint", Asset, "same_account")]
    [InlineData("a", "b", "book:none", "insufficient_funds")]
    [InlineData("a", "b", "BOOK:CREDITS", "unknown_asset")]
    public void Noes_come_in_their_order(string from, string to, string asset, string code) => Assert.Equal(code, CodeOf(Decide(null, Order(from, to, 1, asset))));

    [Fact]
    public void In_a_list_each_transfer_is_judged_on_what_those_before_it_left()
    {
        var decision = Book.Decide(After(Order("mint", "a", 10)), Request(Order("b", "c", 6), Order("a", "b", 6), Order("a", "b", 6), Order("b", "c", 6)), Rules);

        Assert.Equal([(0, "insufficient_funds"), (2, "insufficient_funds")], decision.Refused.Select(no => (no.Place, no.Code)));
        Assert.Equal(2, decision.Outcome.Effects.Transfers.Length);
        Assert.Equal((4, 0, 6), ((int)Balance("a"), (int)Balance("b"), (int)Balance("c")));

        Int128 Balance(string account) => decision.Outcome.State!.BalanceOf(account, Asset);
    }

    [Fact]
    public void One_change_holds_both_legs_both_rows_and_one_event()
    {
        var effects = Decide(After(Order("mint", "a", 10)), Order("a", "b", 3)).Outcome.Effects;

        Assert.Equal([new Transfer("book:main:a", "book:main:b", Asset, 3, "transfer")], effects.Transfers);
        Assert.Equal(["a", "b"], effects.Records.Select(row => row.Id).Order());
        Assert.Equal(("transfer.booked", "book:main"), (effects.Events.Single().Type, effects.Account));
    }

    [Fact]
    public void A_request_of_which_nothing_is_booked_is_written_and_changes_nothing()
    {
        var book = After(Order("mint", "a", 10));

        var outcome = Decide(book, Order("a", "b", 11)).Outcome;

        Assert.True(outcome.IsChange);
        Assert.Same(book, outcome.State);
        Assert.Same(Effects.None, outcome.Effects);
    }

    [Fact]
    public void A_book_is_put_together_again_from_its_rows()
    {
        var decision = Book.Decide(null, Request(Order("mint", "a", 10), Order("mint", "a", 5, "book:few"), Order("a", "b", 3)), Rules);

        var again = Book.Attach(new Book { Key = "book:main" }, decision.Outcome.Effects.Records.Select(row => (row.Id, row.Body!.Value)));

        Assert.Equal(decision.Outcome.State!.Accounts.Keys.Order(), again.Accounts.Keys.Order());
        Assert.All(again.Accounts, account => Assert.Equal(decision.Outcome.State.Accounts[account.Key], account.Value));
    }

    [Fact]
    public void A_booked_transfer_is_found_in_its_event_and_a_refused_one_is_not()
    {
        var entry = Book.Decide(null, Request(Order("mint", "a", 10), Order("b", "a", 1), Order("mint", "b", 7) with { Reference = "rent \"May\"" }), Rules).Outcome.Effects.Events.Single();

        Assert.Equal(Order("mint", "b", 7) with { Reference = "rent \"May\"" }, BookEvents.Find(entry.Type, entry.Body, new TransferId("txn_1", 2)));
        Assert.Null(BookEvents.Find(entry.Type, entry.Body, new TransferId("txn_1", 1)));
        Assert.Null(BookEvents.Find(entry.Type, entry.Body, new TransferId("txn_1", 3)));
        Assert.Null(BookEvents.Find(entry.Type, entry.Body, new TransferId("txn_1", null)));
    }

    internal static TransferOrder Order(string from, string to, UInt128 atoms, string asset = Asset) => new(from, to, asset, atoms, null);

    internal static BookTransfers Request(params TransferOrder[] orders) =>
        new() { Id = "txn_1", IsBatch = orders.Length != 1, Orders = [.. orders], Key = "key", Fingerprint = "f", RequestId = "req_1" };

    private static BookDecision Decide(Book? book, TransferOrder order) => Book.Decide(book, Request(order), Rules);

    private static Book After(params TransferOrder[] orders) => After(null, orders);

    private static Book After(Book? book, params TransferOrder[] orders)
    {
        var decision = Book.Decide(book, Request(orders), Rules);
        Assert.Empty(decision.Refused);
        return decision.Outcome.State!;
    }

    private static string? CodeOf(BookDecision decision) => decision.Refused.SingleOrDefault()?.Code;

    private static UInt128 Atoms(string text) => UInt128.Parse(text, CultureInfo.InvariantCulture);
}
