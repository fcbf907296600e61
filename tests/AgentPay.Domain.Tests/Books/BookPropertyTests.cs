using System.Numerics;
using AgentPay.Domain.Books;
using FsCheck;
using FsCheck.Fluent;

namespace AgentPay.Domain.Tests.Books;

/// <summary>Whatever is asked in whatever order: nothing is made, nothing is lost, nobody owes what he may not.</summary>
public sealed class BookPropertyTests
{
    private static readonly string[] Accounts = ["mint", "a", "b", "c"];
    private static readonly string[] Assets = ["book:x", "book:y"];
    private static readonly BookRules Rules = new("book:main", [new BookAsset("book:x", 2, "mint", (UInt128)Int128.MaxValue), new BookAsset("book:y", 0, "a", 1_000)]);

    private static readonly Gen<UInt128> Amounts = Gen.OneOf(
        Gen.Choose(1, 50).Select(number => (UInt128)(uint)number),
        Gen.Choose(0, 50).Select(number => (UInt128)Int128.MaxValue - (UInt128)(uint)number));

    private static readonly Gen<TransferOrder> Orders =
        from @from in Gen.Elements(Accounts)
        from to in Gen.Elements(Accounts)
        from asset in Gen.Elements(Assets)
        from atoms in Amounts
        select new TransferOrder(@from, to, asset, atoms, null);

    private static readonly Arbitrary<TransferOrder[][]> Requests = Orders.NonEmptyListOf().Select(orders => orders.ToArray()).ArrayOf().ToArbitrary();

    [Fact]
    public void Balances_are_those_of_a_model_that_knows_no_limits_and_sum_to_zero() => Prop.ForAll(Requests, requests =>
    {
        Book? book = null;
        var model = new Dictionary<(string Account, string Asset), BigInteger>();
        foreach (var orders in requests)
        {
            var decision = Book.Decide(book, BookTests.Request(orders), Rules);
            book = decision.Outcome.State!;
            var refused = decision.Refused.ToDictionary(no => no.Place, no => no.Code);
            for (var place = 0; place < orders.Length; place++)
            {
                Assert.Equal(Expected(model, orders[place]), refused.GetValueOrDefault(place));
            }
        }

        Assert.All(Assets, asset => Assert.Equal(BigInteger.Zero, Accounts.Aggregate(BigInteger.Zero, (sum, account) => sum + (BigInteger)(book?.BalanceOf(account, asset) ?? 0))));
        Assert.All(model, entry => Assert.Equal(entry.Value, (BigInteger)book!.BalanceOf(entry.Key.Account, entry.Key.Asset)));
    }).QuickCheckThrowOnFailure();

    /// <summary>What the model says of it, and the model after it.</summary>
    private static string? Expected(Dictionary<(string Account, string Asset), BigInteger> model, TransferOrder order)
    {
        if (order.From == order.To)
        {
            return "same_account";
        }

        var (gives, receives) = (model.GetValueOrDefault((order.From, order.Asset)), model.GetValueOrDefault((order.To, order.Asset)));
        var (floor, atoms) = (-(BigInteger)(UInt128)(-Rules.Find(order.Asset)!.FloorOf(order.From)), (BigInteger)order.Atoms);
        if (gives - atoms < floor)
        {
            return "insufficient_funds";
        }

        if (receives + atoms > (BigInteger)Int128.MaxValue)
        {
            return "balance_too_large";
        }

        (model[(order.From, order.Asset)], model[(order.To, order.Asset)]) = (gives - atoms, receives + atoms);
        return null;
    }
}
