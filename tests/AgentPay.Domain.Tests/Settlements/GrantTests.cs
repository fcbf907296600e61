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
    public void A_payment_is_taken_over_eight_times_and_not_a_ninth()
    {
        var settlement = Given.After(Given.Admit());
        for (var run = 1; run <= Settlement.TakeOversMax; run++)
        {
            settlement = settlement.Then(Given.Admit(Second with { Process = $"process-{run + 1}" }, othersAreGone: true)).State!;
            Assert.Equal(run, settlement.Admission!.TakeOvers);
        }

        Assert.Equal("payment_in_use", settlement.Then(Given.Admit(Second with { Process = "process-10" }, othersAreGone: true)).Code());
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
}
