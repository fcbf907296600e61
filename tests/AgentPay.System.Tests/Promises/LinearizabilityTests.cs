namespace AgentPay.SystemTests.Promises;

/// <summary>The search tells histories that one book could have told from those that it could not.</summary>
public sealed class LinearizabilityTests
{
    private readonly Linearizability<AccountPair, PairStep> _check = new(AccountPair.After);

    [Fact]
    public void One_after_the_other_as_a_book_tells_it_holds() =>
        Assert.True(Holds(Issue(1, 2, 10), At(3, 4, new Look(1, null)), Pay(5, 6, 4, isBooked: true), At(7, 8, new Look(0, 6)), Pay(9, 10, 7, isBooked: false), At(11, 12, new Look(1, 4))));

    [Fact]
    public void An_old_balance_after_the_answer_is_found() =>
        Assert.False(Holds(Issue(1, 2, 10), Pay(3, 6, 4, isBooked: true), At(7, 8, new Look(0, 10))));

    [Theory]
    [InlineData(10)]
    [InlineData(6)]
    public void While_it_is_under_way_a_transfer_may_be_seen_or_not(long told) =>
        Assert.True(Holds(Issue(1, 2, 10), Pay(3, 6, 4, isBooked: true), At(4, 5, new Look(0, told))));

    [Fact]
    public void What_was_seen_once_and_then_not_is_found() =>
        Assert.False(Holds(Issue(1, 2, 10), Pay(3, 20, 4, isBooked: true), At(4, 5, new Look(0, 6)), At(6, 7, new Look(0, 10))));

    [Fact]
    public void One_balance_spent_twice_is_found() =>
        Assert.False(Holds(Issue(1, 2, 10), Pay(3, 9, 6, isBooked: true), Pay(3, 9, 6, isBooked: true)));

    [Fact]
    public void A_refusal_that_no_order_explains_is_found() =>
        Assert.False(Holds(Issue(1, 2, 10), Pay(3, 9, 6, isBooked: true), Pay(3, 9, 4, isBooked: false)));

    [Theory]
    [InlineData(true, 6)]
    [InlineData(false, 10)]
    public void What_nobody_was_told_of_may_happen_late_or_never(bool happens, long told)
    {
        var unknown = At(3, Call<PairStep>.Never, new Moves([new Move(0, 1, 4)], null));
        Assert.True(Holds(Issue(1, 2, 10), unknown, At(50, 51, new Look(0, 10)), At(60, 61, new Look(0, told))));
        Assert.Equal(happens, Holds(Issue(1, 2, 10), unknown, At(50, 51, new Look(0, 10)), At(60, 61, new Look(0, told)), At(62, 63, new Look(1, 4)), At(64, 65, new Look(0, told))));
    }

    [Fact]
    public void What_nobody_was_told_of_happens_once_and_not_before_it_was_asked()
    {
        var unknown = At(30, Call<PairStep>.Never, new Moves([new Move(0, 1, 4)], null));
        Assert.False(Holds(Issue(1, 2, 10), unknown, At(40, 41, new Look(0, 2))));
        Assert.False(Holds(Issue(1, 2, 10), At(20, 21, new Look(0, 6)), unknown));
        Assert.False(Holds(Issue(1, 2, 10), unknown, At(40, 41, new Look(0, 6)), At(42, 43, new Look(0, 10))));
    }

    [Fact]
    public void A_list_is_seen_whole_or_not_at_all()
    {
        var list = At(3, 20, new Moves([new Move(0, 1, 4), new Move(0, 1, 4)], [true, true]));
        Assert.True(Holds(Issue(1, 2, 10), list, At(4, 5, new Look(0, 10)), At(6, 7, new Look(0, 2))));
        Assert.False(Holds(Issue(1, 2, 10), list, At(4, 5, new Look(0, 6))));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Among_two_hundred_calls_of_which_many_are_at_once_the_one_wrong_is_found(long tooMuch, bool holds)
    {
        const int Count = 190;
        var calls = new List<Call<PairStep>> { Issue(0, 1, 1_000) };
        calls.AddRange(Enumerable.Range(0, Count).Select(number => Pay(2 + number, 8 + number, 1 + (number % 3), isBooked: true)));
        calls.Add(At(Count + 50, Count + 51, new Look(1, Enumerable.Range(0, Count).Sum(number => 1 + (number % 3)) + tooMuch)));

        Assert.Equal(holds, Holds([.. calls]));
        Assert.InRange(_check.Tried, Count, 100_000);
    }

    private static Call<PairStep> At(long asked, long told, PairStep step) => new(asked, told, step);

    private static Call<PairStep> Issue(long asked, long told, long amount) => At(asked, told, new Moves([new Move(Move.Outside, 0, amount)], [true]));

    private static Call<PairStep> Pay(long asked, long told, long amount, bool isBooked) => At(asked, told, new Moves([new Move(0, 1, amount)], [isBooked]));

    private bool Holds(params Call<PairStep>[] calls) => _check.Holds(AccountPair.Empty, calls);
}
