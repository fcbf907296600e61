using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Tests.Settlements;

/// <summary>One payment buys one grant, whatever happens between paying and answering.</summary>
public sealed class GrantTests
{
    private static readonly Admission Second = Given.Run with { Key = "second", Process = "process-2" };

    [Fact]
    public void A_run_that_was_answered_is_not_answered_again_by_its_own_key()
    {
        var answered = Given.After(Given.Admit(), Given.Reserve(), Given.Confirm, new AnswerSettlement());

        Assert.Equal("duplicate_settlement", answered.Then(Given.Reserve(Given.Key)).Code());
    }

    [Fact]
    public void A_callers_own_key_is_answered_again_and_again()
    {
        var answered = Given.After(Given.Reserve("mine"), Given.Confirm, new AnswerSettlement());

        Assert.Null(answered.Then(Given.Reserve("mine")).Code());
    }

    [Fact]
    public void A_payment_is_taken_over_eight_times_and_not_a_ninth() =>
        Assert.Equal("payment_in_use", TakenOver(Given.After(Given.Admit(), Given.Reserve(), Given.Confirm), Settlement.TakeOversMax).Code());

    [Fact]
    public void A_payment_that_is_not_paid_is_taken_over_four_times() =>
        Assert.Equal("payment_in_use", TakenOver(Given.After(Given.Admit()), Settlement.UnpaidTakeOversMax).Code());

    [Fact]
    public void Who_asks_again_and_again_while_the_outcome_is_not_known_is_served_once_it_is()
    {
        var pending = TakenOver(Given.After(Given.Admit(), Given.Reserve()), Settlement.UnpaidTakeOversMax);
        Assert.Equal("settlement_pending", pending.Code());

        var paid = pending.State.Then(Given.Confirm).State!;
        Assert.Equal("payment_in_use", TakenOver(paid, Settlement.TakeOversMax - Settlement.UnpaidTakeOversMax).Code());
    }

    [Fact]
    public void A_payment_answered_and_then_lost_for_good_is_not_answered_to_another_key()
    {
        var failed = Given.After(Given.Reserve("mine"), Given.Confirm, new AnswerSettlement(), new UndoSettlement(Given.Block), Given.Fail());

        Assert.Equal(SettlementStatus.Failed, failed.Status);
        Assert.Equal("duplicate_settlement", failed.Then(Given.Reserve("other")).Code());
        Assert.Equal("payment_in_use", failed.Then(Given.Admit()).Code());
    }

    [Fact]
    public void News_of_an_earlier_attempt_but_that_it_paid_changes_nothing_once_the_payment_was_released()
    {
        var released = Given.After(Given.Reserve(null), Given.Fail(), Given.Admit(), new ReleasePayment(Given.Key));

        Assert.Same(released, released.Then(new DeepenSettlement(Final: true, Given.Block)).State);
        Assert.Same(released, released.Then(Given.Fail()).State);
        Assert.Equal(SettlementStatus.Confirmed, released.Then(Given.Confirm).State!.Status);
    }

    [Theory]
    [InlineData(SettlementStatus.Released, true)]
    [InlineData(SettlementStatus.Failed, true)]
    [InlineData(SettlementStatus.Admitted, false)]
    [InlineData(SettlementStatus.Reserved, false)]
    [InlineData(SettlementStatus.Submitted, false)]
    [InlineData(SettlementStatus.Unknown, false)]
    [InlineData(SettlementStatus.Confirmed, false)]
    [InlineData(SettlementStatus.Final, false)]
    public void Who_was_not_held_against_the_chain_because_the_payment_was_under_way_may_not_try_it_anew(SettlementStatus status, bool isOver)
    {
        var settlement = Given.In(status);

        Assert.Equal(isOver, settlement.Then(Given.Admit() with { WasUnderWay = true }).Code() == "payment_ended");
        Assert.Equal(isOver, settlement.Then(Given.Reserve("another") with { WasUnderWay = true }).Code() == "payment_ended");
    }

    [Fact]
    public void Who_reserved_it_hears_again_that_it_failed()
    {
        var failed = Given.In(SettlementStatus.Failed);

        Assert.Same(failed, failed.Then(Given.Reserve() with { WasUnderWay = true }).State);
        Assert.Null(failed.Then(Given.Reserve() with { WasUnderWay = true }).Code());
    }

    [Fact]
    public void What_was_answered_while_anothers_block_was_lost_is_not_answered_again()
    {
        var back = Given.After(Given.Reserve(null), Given.Confirm with { ByOther = true }, new UndoSettlement(Given.Block), new AnswerSettlement());

        Assert.Equal(SettlementStatus.Reserved, back.Status);
        Assert.Equal("duplicate_settlement", back.Then(Given.Confirm).State!.Then(Given.Reserve(null)).Code());
    }

    /// <summary>So many runs in other processes, each of which dies; and what the next is told.</summary>
    private static Outcome<Settlement> TakenOver(Settlement settlement, int times)
    {
        for (var run = 1; run <= times; run++)
        {
            var before = settlement.Admission!.TakeOvers;
            settlement = settlement.Then(Given.Admit(Second with { Process = $"process-{before + 2}" }, othersAreGone: true)).State!;
            Assert.Equal(before + 1, settlement.Admission!.TakeOvers);
        }

        return settlement.Then(Given.Admit(Second with { Process = "process-of-the-next" }, othersAreGone: true));
    }
}
