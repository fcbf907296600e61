using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Tests.Settlements;

/// <summary>News says of which attempt and of which signed digest it speaks: the news of one authorization is never taken for another's.</summary>
public sealed class HearingTests
{
    /// <summary>Failed once, then the payer signed other terms under the same nonce.</summary>
    private static readonly Settlement SignedAnew = Given.In(SettlementStatus.Failed).Then(Given.Reserve("second") with { Terms = Given.OtherTerms }).State!;

    /// <summary>Failed once, then settled again with the same signature.</summary>
    private static readonly Settlement TriedAgain = Given.In(SettlementStatus.Failed).Then(Given.Reserve("second")).State!;

    [Fact]
    public void News_of_the_attempt_and_digest_at_hand_is_decided_as_it_comes() =>
        Assert.Equal(SettlementStatus.Confirmed, Hear(SignedAnew, Given.Confirm, attempt: 2, Given.OtherTerms.Digest).State!.Status);

    [Fact]
    public void A_late_failure_of_the_first_attempt_does_not_touch_the_second()
    {
        Assert.Same(TriedAgain, Hear(TriedAgain, Given.Fail(), attempt: 1, Given.Terms.Digest).State);
        Assert.Equal(SettlementStatus.Failed, Hear(TriedAgain, Given.Fail(), attempt: 2, Given.Terms.Digest).State!.Status);
    }

    [Theory]
    [InlineData(SettlementStatus.Reserved)]
    [InlineData(SettlementStatus.Submitted)]
    public void A_late_submission_or_doubt_of_the_first_attempt_does_not_touch_the_second(SettlementStatus status)
    {
        var second = status == SettlementStatus.Reserved ? TriedAgain : TriedAgain.Then(new SubmitSettlement(Given.OtherHash)).State!;

        Assert.Same(second, Hear(second, new SubmitSettlement(Given.Hash), attempt: 1, Given.Terms.Digest).State);
        Assert.Same(second, Hear(second, new DoubtSettlement(), attempt: 1, Given.Terms.Digest).State);
    }

    [Fact]
    public void The_first_attempts_transaction_pays_the_second_attempt_when_both_hold_the_same_signature()
    {
        var paid = Hear(TriedAgain, Given.Confirm, attempt: 1, Given.Terms.Digest);

        Assert.Equal((SettlementStatus.Confirmed, 2), (paid.State!.Status, paid.State.Attempt));
        Assert.Single(paid.Effects.Transfers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_failed_transaction_that_pays_in_another_block_pays_whom_the_payment_was_admitted_for_since(bool isReleased)
    {
        var run = Given.Run with { Key = "second" };
        var admitted = Given.In(SettlementStatus.Failed).Then(Given.Admit(run)).State!;
        var now = isReleased ? admitted.Then(new ReleasePayment("second")).State! : admitted;

        var paid = Hear(now, Given.Confirm, attempt: 1, Given.Terms.Digest);
        Assert.Equal((SettlementStatus.Confirmed, Given.Hash, Given.Signer), (paid.State!.Status, paid.State.Transaction, paid.State.Signer));
        Assert.Single(paid.Effects.Transfers);
        Assert.Equal(["settlement.confirmed"], paid.EventTypes());

        // The run settles what it was admitted for, finds it paid, and answers once.
        var reserved = paid.State.Then(Given.Reserve("second"));
        Assert.Null(reserved.Code());
        Assert.False(reserved.IsChange);
        var lost = paid.State.Then(new UndoSettlement(Given.Block));
        Assert.Equal(SettlementStatus.Submitted, lost.State!.Status);
    }

    [Fact]
    public void A_failed_transaction_that_pays_in_another_block_after_its_handler_failed_is_given_to_who_asks_again()
    {
        var released = Given.In(SettlementStatus.Failed).Then(Given.Admit(Given.Run with { Key = "second" })).State.Then(new ReleasePayment("second")).State!;
        Assert.Null(released.Then(Given.Admit(Given.Run with { Key = "third" })).Code());

        var paid = Hear(released, Given.Confirm, attempt: 1, Given.Terms.Digest).State!;
        var taken = paid.Then(Given.Admit(Given.Run with { Key = "third" })).State!;
        Assert.Null(taken.Then(Given.Reserve(taken.Admission!.Key) with { Run = taken.Admission.TakeOvers }).Code());
        Assert.Null(taken.HoldRun(taken.Admission, Given.Now.AddHours(1)).Refusal);
    }

    [Fact]
    public void What_nobody_can_tell_is_asked_for_more_and_more_rarely()
    {
        var unknown = Given.In(SettlementStatus.Unknown);
        TimeSpan PauseAfter(TimeSpan age) => Due(unknown.Then(new DoubtSettlement(), age))!.Value - (Given.Now + age);

        Assert.Equal(Settlement.ResolveAgainAfter, PauseAfter(TimeSpan.Zero));
        Assert.Equal(Settlement.ResolveAgainAfter, PauseAfter(TimeSpan.FromMinutes(10)));
        Assert.Equal(TimeSpan.FromMinutes(3), PauseAfter(TimeSpan.FromHours(1)));
        Assert.Equal(Settlement.ResolveAgainMax, PauseAfter(TimeSpan.FromDays(30)));
    }

    [Fact]
    public void Another_signature_under_the_nonce_that_turns_out_paid_never_marks_this_one_paid_but_makes_it_ask_the_chain()
    {
        var heard = Hear(SignedAnew, Given.Confirm, attempt: 1, Given.Terms.Digest);

        Assert.Equal(SettlementStatus.Unknown, heard.State!.Status);
        Assert.Empty(heard.Effects.Transfers);
        Assert.Contains(heard.Effects.Due, due => due is { Id: Settlement.ResolveDue, At: not null });
    }

    [Fact]
    public void Another_signature_under_the_nonce_does_not_touch_what_is_decided()
    {
        var paid = Hear(SignedAnew, Given.Confirm, attempt: 2, Given.OtherTerms.Digest).State!;
        var failed = Hear(SignedAnew, Given.Fail(), attempt: 2, Given.OtherTerms.Digest).State!;

        Assert.Same(paid, Hear(paid, new ConfirmSettlement(Given.OtherHash, Given.OtherBlock), attempt: 1, Given.Terms.Digest).State);
        Assert.Same(failed, Hear(failed, Given.Confirm, attempt: 1, Given.Terms.Digest).State);
    }

    [Fact]
    public void Depth_and_loss_count_for_the_block_that_paid_and_for_no_other()
    {
        var paid = Hear(TriedAgain, Given.Confirm, attempt: 1, Given.Terms.Digest).State!;

        Assert.Equal(SettlementStatus.Final, Hear(paid, new DeepenSettlement(Final: true, Given.Block), attempt: 1, Given.Terms.Digest).State!.Status);
        Assert.Same(paid, Hear(paid, new DeepenSettlement(Final: true, Given.OtherBlock), attempt: 2, Given.Terms.Digest).State);
        Assert.Same(paid, Hear(paid, new UndoSettlement(Given.OtherBlock), attempt: 2, Given.Terms.Digest).State);
    }

    [Fact]
    public void What_somebody_elses_transaction_paid_is_looked_after_until_it_is_final()
    {
        var paid = Given.In(SettlementStatus.Submitted).Then(Given.Confirm with { ByOther = true });
        Assert.Equal(Given.Now + Settlement.ResolveAgainAfter, Due(paid));

        var later = Settlement.Wake(paid.State, Given.Now.AddMinutes(1));
        Assert.Equal(Given.Now.AddMinutes(1) + Settlement.ResolveAgainAfter, Due(later));

        var final = later.State.Then(new DeepenSettlement(Final: true, Given.Block));
        Assert.Null(Due(final));
        Assert.False(Settlement.Wake(final.State, Given.Now).IsChange);
    }

    [Fact]
    public void What_the_engines_own_transaction_paid_needs_no_deadline()
    {
        var paid = Given.In(SettlementStatus.Confirmed);

        Assert.False(Settlement.Wake(paid, Given.Now).IsChange);
    }

    [Fact]
    public void When_somebody_elses_block_is_lost_the_engine_sends_the_authorization_itself()
    {
        var paid = Given.In(SettlementStatus.Submitted).Then(Given.Confirm with { ByOther = true }).State!;

        var lost = paid.Then(new UndoSettlement(Given.Block));

        Assert.Equal((SettlementStatus.Reserved, 2, null, false), (lost.State!.Status, lost.State.Attempt, lost.State.Transaction, lost.State.PaidByOther));
        Assert.Equal(new SettlementReserved(lost.State.Id, 2, Given.Terms), Assert.Single(lost.Effects.Messages).Fact);
        Assert.Equal(["settlement.reorged"], lost.EventTypes());
        Assert.Equal("settlement_reversed", Assert.Single(lost.Effects.Transfers).Reason);
    }

    private static DateTimeOffset? Due(Outcome<Settlement> outcome) => Assert.Single(outcome.Effects.Due, due => due.Id == Settlement.ResolveDue).At;

    private static Outcome<Settlement> Hear(Settlement state, SettlementCommand command, int attempt, string digest) =>
        Settlement.Hear(state, new SettlementReported(command, attempt, digest), Given.Now);
}
