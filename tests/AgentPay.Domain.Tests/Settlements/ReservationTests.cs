using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;

namespace AgentPay.Domain.Tests.Settlements;

/// <summary>Who is answered for one authorization.</summary>
public sealed class ReservationTests
{
    [Fact]
    public void A_reservation_stores_the_callers_key_and_tells_its_signer_in_the_same_decision()
    {
        var reserved = Given.Reserve().Decide();

        Assert.Equal(Given.Key, reserved.State!.IdempotencyKey);
        Assert.Equal(1, reserved.State.Attempt);
        Assert.Equal(Given.Now, reserved.State.ReservedAt);
        var message = Assert.Single(reserved.Effects.Messages);
        Assert.Equal(SignerId.GrainFor(Given.Terms.Network, Given.Signer), message.Target);
        Assert.Equal(new SettlementReserved(SettlementId.Of(Given.Terms), 1, Given.Terms), message.Fact);
        Assert.Equal(["settlement.reserved"], reserved.EventTypes());
    }

    [Theory]
    [InlineData(SettlementStatus.Reserved)]
    [InlineData(SettlementStatus.Submitted)]
    [InlineData(SettlementStatus.Unknown)]
    [InlineData(SettlementStatus.Confirmed)]
    [InlineData(SettlementStatus.Final)]
    public void The_same_key_joins_and_another_key_or_none_is_a_duplicate(SettlementStatus status)
    {
        var settlement = Given.In(status);

        Assert.Null(settlement.Then(Given.Reserve()).Code());
        Assert.Equal("duplicate_settlement", settlement.Then(Given.Reserve("another key")).Code());
        Assert.Equal("duplicate_settlement", settlement.Then(Given.Reserve(key: null)).Code());
    }

    [Fact]
    public void Without_a_stored_key_success_is_repeated_only_until_it_was_answered()
    {
        var paid = Given.After(Given.Reserve(key: null), Given.Confirm);

        Assert.Null(paid.Then(Given.Reserve(key: null)).Code());
        var answered = paid.Then(new AnswerSettlement()).State!;
        Assert.Equal("duplicate_settlement", answered.Then(Given.Reserve(key: null)).Code());
        Assert.Equal("duplicate_settlement", answered.Then(Given.Reserve("a late key")).Code());
    }

    [Fact]
    public void A_stored_key_is_answered_again_after_the_answer()
    {
        var answered = Given.After(Given.Reserve(), Given.Confirm, new AnswerSettlement());

        Assert.Null(answered.Then(Given.Reserve()).Code());
    }

    [Fact]
    public void An_answer_that_left_before_a_reorganization_is_marked_after_it()
    {
        var reorganized = Given.After(Given.Reserve(key: null), Given.Confirm, new UndoSettlement(Given.Block));

        var answered = reorganized.Then(new AnswerSettlement()).State!;

        Assert.Equal("duplicate_settlement", answered.Then(Given.Confirm).State!.Then(Given.Reserve(key: null)).Code());
    }

    [Theory]
    [InlineData(SettlementStatus.Admitted)]
    [InlineData(SettlementStatus.Reserved)]
    [InlineData(SettlementStatus.Submitted)]
    [InlineData(SettlementStatus.Unknown)]
    [InlineData(SettlementStatus.Confirmed)]
    [InlineData(SettlementStatus.Final)]
    public void Another_digest_under_the_same_nonce_is_a_used_nonce_even_with_the_same_key(SettlementStatus status)
    {
        var settlement = Given.In(status);

        Assert.Equal("invalid_exact_evm_nonce_already_used", settlement.Then(new ReserveSettlement(Given.OtherTerms, Given.Key, Given.Signer)).Code());
        Assert.Equal("invalid_exact_evm_nonce_already_used", settlement.Then(new AdmitPayment(Given.OtherTerms, Given.Run, OthersAreGone: true)).Code());
    }

    [Fact]
    public void After_a_failure_the_same_key_hears_of_it_and_anyone_else_starts_the_next_attempt()
    {
        var failed = Given.In(SettlementStatus.Failed);

        Assert.Same(failed, failed.Then(Given.Reserve()).State);
        var second = failed.Then(Given.Reserve(key: null)).State!;
        Assert.Equal((SettlementStatus.Reserved, 2, null, null), (second.Status, second.Attempt, second.IdempotencyKey, second.FailureCode));
        Assert.Null(second.Transaction);
    }

    [Fact]
    public void One_atom_can_be_reserved_and_none_cannot()
    {
        var one = new ReserveSettlement(Given.Terms with { Atoms = 1 }, null, Given.Signer);
        var none = new ReserveSettlement(Given.Terms with { Atoms = 0 }, null, Given.Signer);

        Assert.Equal(SettlementStatus.Reserved, one.Decide().State!.Status);
        Assert.Throws<Domain.Decisions.InvariantBrokenException>(() => none.Decide());
    }
}

internal static class FirstDecision
{
    public static Domain.Decisions.Outcome<Settlement> Decide(this SettlementCommand command) => ((Settlement?)null).Then(command);
}
