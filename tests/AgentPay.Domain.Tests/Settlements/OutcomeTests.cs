using System.Globalization;
using System.Text.Json;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Tests.Settlements;

/// <summary>What the chain's words do to a settlement: ledger, events and deadlines.</summary>
public sealed class OutcomeTests
{
    [Fact]
    public void The_ledger_sums_to_what_the_chain_shows_through_a_reorganization()
    {
        Settlement? state = null;
        var ledger = new List<Transfer>();
        foreach (var (command, sum) in new (SettlementCommand, long)[]
        {
            (Given.Reserve(), 0),
            (new SubmitSettlement(Given.Hash), 0),
            (Given.Confirm, 1000),
            (Given.Confirm, 1000),
            (new UndoSettlement(Given.Block), 0),
            (new UndoSettlement(Given.Block), 0),
            (new ConfirmSettlement(Given.Hash, Given.OtherBlock), 1000),
            (new UndoSettlement(Given.Block), 1000),
            (new DeepenSettlement(Final: true, Given.OtherBlock), 1000),
            (new UndoSettlement(Given.OtherBlock), 1000),
        })
        {
            var outcome = state.Then(command);
            state = outcome.State;
            ledger.AddRange(outcome.Effects.Transfers);
            var payee = $"chain:{Given.Terms.Network}:{Given.Terms.PayTo}";
            Assert.Equal(sum, ledger.Sum(row => (row.Credit == payee ? 1 : -1) * (long)row.Atoms));
        }

        Assert.Equal(["settlement", "settlement_reversed", "settlement"], ledger.Select(row => row.Reason));
        Assert.All(ledger, row => Assert.Equal("eip155:84532/erc20:" + Given.Terms.Token, row.Asset));
    }

    [Fact]
    public void A_payment_seen_in_another_block_without_a_loss_between_is_not_paid_twice()
    {
        var moved = Given.In(SettlementStatus.Confirmed).Then(new ConfirmSettlement(Given.OtherHash, Given.OtherBlock));

        Assert.Empty(moved.Effects.Transfers);
        Assert.Equal((Given.OtherHash, Given.OtherBlock), (moved.State!.Transaction, moved.State.Block));
    }

    [Fact]
    public void A_failure_that_turns_out_paid_is_paid()
    {
        var paid = Given.In(SettlementStatus.Failed).Then(Given.Confirm);

        Assert.Equal(SettlementStatus.Confirmed, paid.State!.Status);
        Assert.Null(paid.State.FailureCode);
        Assert.Single(paid.Effects.Transfers);
    }

    [Theory]
    [InlineData("settlement.reserved", SettlementStatus.Reserved, SettlementVerb.Reserve)]
    [InlineData("settlement.submitted", SettlementStatus.Reserved, SettlementVerb.Submit)]
    [InlineData("settlement.confirmed", SettlementStatus.Submitted, SettlementVerb.Confirm)]
    [InlineData("settlement.unknown", SettlementStatus.Submitted, SettlementVerb.Doubt)]
    [InlineData("settlement.reorged", SettlementStatus.Confirmed, SettlementVerb.Undo)]
    [InlineData("settlement.safe", SettlementStatus.Confirmed, SettlementVerb.Deepen)]
    [InlineData("settlement.final", SettlementStatus.Confirmed, SettlementVerb.Deepen)]
    [InlineData("settlement.failed", SettlementStatus.Submitted, SettlementVerb.Fail)]
    public void Each_step_tells_one_event_that_shows_the_status_reached(string type, SettlementStatus from, SettlementVerb verb)
    {
        SettlementCommand command = verb switch
        {
            SettlementVerb.Submit => new SubmitSettlement(Given.Hash),
            SettlementVerb.Confirm => Given.Confirm,
            SettlementVerb.Doubt => new DoubtSettlement(),
            SettlementVerb.Undo => new UndoSettlement(Given.Block),
            SettlementVerb.Deepen => new DeepenSettlement(Final: type == "settlement.final", Given.Block),
            SettlementVerb.Fail => Given.Fail(),
            _ => Given.Reserve(),
        };
        var outcome = (verb == SettlementVerb.Reserve ? null : Given.In(from)).Then(command);

        var entry = Assert.Single(outcome.Effects.Events);
        Assert.Equal((type, outcome.State!.Id), (entry.Type, entry.Object));
        using var body = JsonDocument.Parse(entry.Body);
        Assert.Equal(SettlementEvents.StatusWord(outcome.State.Status), body.RootElement.GetProperty("status").GetString());
        Assert.Equal("1000", body.RootElement.GetProperty("amount").GetString());
    }

    [Fact]
    public void A_reservation_asks_the_chain_15_seconds_after_the_authorization_ended() =>
        Assert.Equal(Given.Now.AddMinutes(10).AddSeconds(15), DueOf(Given.Reserve().Decide()));

    [Theory]
    [InlineData(14, 30)]
    [InlineData(15, 30)]
    [InlineData(16, 31)]
    public void It_never_asks_sooner_than_30_seconds_after_the_reservation(int secondsLeft, int asksAfter) =>
        Assert.Equal(Given.Now.AddSeconds(asksAfter), DueOf(ReserveEndingAt(Given.Now.AddSeconds(secondsLeft))));

    [Theory]
    [InlineData(3599, 3614)]
    [InlineData(3600, 3600)]
    [InlineData(3601, 3600)]
    public void It_never_asks_later_than_an_hour_after_the_reservation_for_a_long_authorization(int secondsLeft, int asksAfter) =>
        Assert.Equal(Given.Now.AddSeconds(asksAfter), DueOf(ReserveEndingAt(Given.Now.AddSeconds(secondsLeft))));

    [Theory]
    [InlineData("253402300798", false)]
    [InlineData("253402300799", true)]
    [InlineData("9223372036854775808", true)]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639935", true)]
    public void An_authorization_beyond_the_last_second_of_time_never_ends(string validBefore, bool neverEnds) =>
        Assert.Equal(neverEnds, (Given.Terms with { ValidBefore = validBefore }).ExpiresAt == DateTimeOffset.MaxValue);

    [Fact]
    public void Doubt_asks_again_every_30_seconds_until_there_is_proof()
    {
        var unknown = Given.In(SettlementStatus.Submitted).Then(new DoubtSettlement(), TimeSpan.FromMinutes(8));
        Assert.Equal(Given.Now.AddMinutes(8).AddSeconds(30), DueOf(unknown));

        var again = unknown.State.Then(new DoubtSettlement(), TimeSpan.FromMinutes(9));
        Assert.Equal(Given.Now.AddMinutes(9).AddSeconds(30), DueOf(again));
        Assert.Empty(again.Effects.Events);
    }

    [Fact]
    public void Proof_of_either_kind_clears_the_deadline_and_a_lost_block_sets_it_again()
    {
        Assert.Null(DueOf(Given.In(SettlementStatus.Submitted).Then(Given.Confirm)));
        Assert.Null(DueOf(Given.In(SettlementStatus.Submitted).Then(Given.Fail())));
        Assert.NotNull(DueOf(Given.In(SettlementStatus.Confirmed).Then(new UndoSettlement(Given.Block))));
    }

    [Fact]
    public void A_safe_payment_can_become_final_and_a_final_one_is_not_safe_again()
    {
        Assert.Equal(SettlementStatus.Final, Given.In(SettlementStatus.Safe).Then(new DeepenSettlement(Final: true, Given.Block)).State!.Status);
        Assert.Equal(SettlementStatus.Final, Given.In(SettlementStatus.Final).Then(new DeepenSettlement(Final: false, Given.Block)).State!.Status);
        Assert.Equal(SettlementStatus.Safe, Given.In(SettlementStatus.Confirmed).Then(new DeepenSettlement(Final: false, Given.Block)).State!.Status);
    }

    [Theory]
    [InlineData("stl:eip155:84532:eip3009", true)]
    [InlineData("stl:solana:84532:eip3009", false)]
    [InlineData("set:eip155:84532:eip3009", false)]
    [InlineData("stl:eip155:84532", false)]
    public void A_settlement_id_names_network_method_token_payer_and_nonce(string start, bool isOne) =>
        Assert.Equal(isOne, SettlementId.IsWellFormed($"{start}:{Given.Terms.Token}:{Given.Terms.Payer}:{Given.Terms.Nonce}"));

    [Fact]
    public void The_id_of_a_settlement_is_well_formed_and_one_digit_less_is_not()
    {
        var id = SettlementId.Of(Given.Terms);

        Assert.True(SettlementId.IsWellFormed(id));
        Assert.False(SettlementId.IsWellFormed(id[..^1]));
        Assert.False(SettlementId.IsWellFormed(id + "0"));
    }

    private static Outcome<Settlement> ReserveEndingAt(DateTimeOffset end) => new ReserveSettlement(
        Given.Terms with { ValidBefore = end.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) }, null, Given.Signer).Decide();

    private static DateTimeOffset? DueOf(Outcome<Settlement> outcome)
    {
        var due = Assert.Single(outcome.Effects.Due);
        Assert.Equal(Settlement.ResolveDue, due.Id);
        return due.At;
    }
}
