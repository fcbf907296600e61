using System.Collections.Immutable;

namespace AgentPay.SystemTests.Promises;

/// <summary>Two accounts that only pay each other and the world outside; null: it never took part in a transfer.</summary>
internal sealed record AccountPair(long? First, long? Second)
{
    public static readonly AccountPair Empty = new(null, null);

    /// <summary>What a book of these two would do and tell, one request at a time.</summary>
    /// <returns>The accounts after it; null: it would have told something else.</returns>
    public static AccountPair? After(AccountPair accounts, PairStep step) =>
        step is Moves moves ? accounts.After(moves) : step is Look look && accounts.Holds(look.Account) == look.Told ? accounts : null;

    private AccountPair? After(Moves moves)
    {
        var accounts = this;
        for (var place = 0; place < moves.Orders.Length; place++)
        {
            var order = moves.Orders[place];
            var isBooked = order.From == Move.Outside || accounts.Holds(order.From) >= order.Amount;
            if (moves.ToldBooked is { } told && told[place] != isBooked)
            {
                return null;
            }

            accounts = isBooked ? accounts.With(order.From, -order.Amount).With(order.To, order.Amount) : accounts;
        }

        return accounts;
    }

    private long? Holds(int account) => account == 0 ? First : Second;

    private AccountPair With(int account, long more) => account switch
    {
        Move.Outside => this,
        0 => this with { First = (First ?? 0) + more },
        _ => this with { Second = (Second ?? 0) + more },
    };
}

/// <summary>What was asked of a pair and what was told.</summary>
internal abstract record PairStep;

/// <summary>A request's transfers, in their order.</summary>
/// <param name="Orders">Those of this pair.</param>
/// <param name="ToldBooked">For each, whether it was told to be booked; null: nothing was told.</param>
internal sealed record Moves(ImmutableArray<Move> Orders, ImmutableArray<bool>? ToldBooked) : PairStep
{
    public override string ToString() => $"{string.Join(", ", Orders)}: {(ToldBooked is { } told ? string.Join(", ", told) : "not told")}";
}

/// <summary>What an account was told to hold; null: that it never took part in a transfer.</summary>
internal sealed record Look(int Account, long? Told) : PairStep;

/// <summary>A transfer of one pair: account 0, account 1 or what is <see cref="Outside"/>, which has as much as is asked of it.</summary>
internal sealed record Move(int From, int To, long Amount)
{
    public const int Outside = 2;
}
