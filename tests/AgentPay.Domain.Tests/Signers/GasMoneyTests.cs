using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Domain.Tests.Settlements;

namespace AgentPay.Domain.Tests.Signers;

/// <summary>Coins for payers who lack the gas for the approvals that work waits for: by the operator's day, once for a payment.</summary>
public sealed class GasMoneyTests
{
    private const ulong Day = 1_000;
    private static readonly UInt128 Rich = UInt128.MaxValue;
    private static readonly GasMoneyLimits Limits = new(Day, 30);
    private static readonly TestPen Pen = With(new SendingLimits(4, 64, 1_000_000, 0));
    private static readonly Signer Synced = Signer.New("eip155:84532", Given.Signer).Sync(5, 5, Pen, Given.Now).State!;
    private static readonly Signer Holding = Synced.Take(Held(1), Pen, Given.Now).State!;
    private static readonly GasNeed Need = NeedOf(1);

    [Fact]
    public void A_gift_its_nonce_and_what_remembers_it_are_one_decision()
    {
        var given = Holding.Give(0, Need, Rich, Pen, Given.Now);

        var transaction = Assert.Single(given.State!.Transactions).Value;
        Assert.Equal((5UL, new GasGift(Need.Payer, Need.Missing, "stl:1", 1)), (transaction.Nonce, transaction.Gift));
        Assert.Equal($"0x0005 gives {Need.Missing} to {Need.Payer}", transaction.Newest.Raw);
        Assert.Empty(transaction.Settlements);
        Assert.Equal(5UL, given.State.Waiting[0].GiftNonce);
        Assert.Equal((6UL, 1), (given.State.NextNonce, given.State.InFlight));
        Assert.Equal((Need.Missing, TransactionGas.Empty), (given.State.GasMoneyOn(Given.Now), given.State.GasToday));
        Assert.Equal([SignerRows.TransactionId(5), SignerRows.WaitingId(0)], given.Effects.Records.Select(record => record.Id).Order());
        Assert.Empty(given.Effects.Messages);
    }

    [Fact]
    public void However_often_it_is_asked_for_one_payment_gets_one_gift()
    {
        var given = Holding.Give(0, Need, Rich, Pen, Given.Now).State!;
        Assert.False(given.Give(0, Need, Rich, Pen, Given.Now).IsChange);
        Assert.Equal(GiftVerdict.Waits, Judge(given));

        var mined = given.Mined(5, TestPen.HashOf(5), Given.Block, []).State!;
        Assert.False(mined.Give(0, Need, Rich, Pen, Given.Now).IsChange);
        Assert.Equal(GiftVerdict.Refused, Judge(mined));

        var final = mined.Final([5]).State!;
        Assert.Empty(final.Transactions);
        Assert.False(final.Give(0, Need, Rich, Pen, Given.Now).IsChange);
        Assert.Equal(GiftVerdict.Refused, Judge(final));
    }

    [Fact]
    public void A_lost_block_puts_the_same_gift_on_its_way_again_and_no_other()
    {
        var given = Holding.Give(0, Need, Rich, Pen, Given.Now).State!;
        var lost = given.Mined(5, TestPen.HashOf(5), Given.Block, []).State!.Lost(5, Given.Block).State!;

        Assert.Equal(given.Transactions[5].Newest, Assert.Single(lost.Transactions).Value.Newest);
        Assert.Equal(GiftVerdict.Waits, Judge(lost));
        Assert.False(lost.Give(0, Need, Rich, Pen, Given.Now).IsChange);
    }

    [Fact]
    public void A_gift_whose_nonce_another_transaction_took_is_not_made_again()
    {
        var taken = Holding.Give(0, Need, Rich, Pen, Given.Now).State!.NonceTaken(5, Pen, Given.Now).State!;

        Assert.Empty(taken.Transactions);
        Assert.True(taken.Waiting[0].IsHeld);
        Assert.False(taken.Give(0, Need, Rich, Pen, Given.Now).IsChange);
        Assert.Equal(GiftVerdict.Refused, Judge(taken));
    }

    [Fact]
    public void A_higher_offer_makes_the_same_gift()
    {
        var outbid = Holding.Give(0, Need, Rich, Pen, Given.Now).State!.Outbid([5], With(Pen.Limits, fee: 2), Given.Now).State!;

        var transaction = Assert.Single(outbid.Transactions).Value;
        Assert.Equal(2, transaction.Forms.Length);
        Assert.EndsWith($"+ gives {Need.Missing} to {Need.Payer}", transaction.Newest.Raw, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, GiftVerdict.Fits)]
    [InlineData(Day, GiftVerdict.Fits)]
    [InlineData(Day + 1, GiftVerdict.Refused)]
    public void A_gift_is_of_the_days_money_at_most(ulong wei, GiftVerdict verdict) => AssertVerdict(verdict, Holding, Need with { Missing = wei });

    [Theory]
    [InlineData(GasNeed.GasLimitMax, GiftVerdict.Fits)]
    [InlineData(GasNeed.GasLimitMax + 1, GiftVerdict.Refused)]
    public void An_approval_of_more_gas_than_any_needs_gets_none(ulong gas, GiftVerdict verdict) => AssertVerdict(verdict, Holding, Need with { GasLimit = gas });

    [Theory]
    [InlineData(100_000, 50_000, GiftVerdict.Fits)]
    [InlineData(100_001, 50_000, GiftVerdict.Refused)]
    [InlineData(70_000, 20_000, GiftVerdict.Fits)]
    [InlineData(70_001, 20_000, GiftVerdict.Refused)]
    public void An_approval_of_more_than_twice_the_gas_it_takes_gets_none_but_for_what_clients_always_ask(ulong gas, ulong taken, GiftVerdict verdict) =>
        AssertVerdict(verdict, Holding, Need with { GasLimit = gas, GasTaken = taken });

    [Theory]
    [InlineData(10, 20)]
    [InlineData(15, 30)]
    [InlineData(16, 30)]
    public void An_approval_may_offer_twice_the_fee_of_the_moment_and_no_more_than_the_cap(ulong fee, ulong max) => Assert.Equal(max, Limits.At(fee).FeeMax);

    [Theory]
    [InlineData(30, GiftVerdict.Fits)]
    [InlineData(31, GiftVerdict.Refused)]
    public void An_approval_that_offers_more_than_the_engine_would_gets_none(ulong fee, GiftVerdict verdict) => AssertVerdict(verdict, Holding, Need with { MaxFee = fee });

    [Theory]
    [InlineData(400, GiftVerdict.Fits)]
    [InlineData(401, GiftVerdict.Spent)]
    public void The_days_gifts_together_are_no_more_than_the_days_money(ulong second, GiftVerdict verdict)
    {
        var given = Holding.Give(0, Need with { Missing = 600 }, Rich, Pen, Given.Now).State!.Take(Held(2), Pen, Given.Now).State!;

        AssertVerdict(verdict, given, NeedOf(2) with { Missing = second }, ticket: 1);
    }

    [Fact]
    public void The_next_utc_day_has_its_own()
    {
        var midnight = new DateTimeOffset(Given.Now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        var given = Synced.Take(Held(1, midnight.AddHours(1)), Pen, Given.Now).State!.Give(0, Need with { Missing = Day }, Rich, Pen, midnight.AddTicks(-1)).State!;

        Assert.Equal((0UL, Day), ((ulong)given.GasMoneyLeft(Limits, midnight.AddTicks(-1)), (ulong)given.GasMoneyLeft(Limits, midnight)));
        var second = given.Take(Held(2, midnight.AddHours(1)), Pen, midnight).State!.Give(1, NeedOf(2), Rich, Pen, midnight).State!;
        Assert.Equal((NeedOf(2).Missing, 2), (second.GasMoneyOn(midnight), second.Transactions.Count));
    }

    [Fact]
    public void Without_a_setting_nothing_is_given()
    {
        Assert.Equal(GiftVerdict.Refused, Holding.JudgeGift(Holding.Waiting[0], Need, Rich, new TestPen().Limits, Given.Now));
        Assert.False(Holding.Give(0, Need, Rich, new TestPen(), Given.Now).IsChange);
    }

    [Fact]
    public void A_payer_gets_no_second_gift_while_the_first_is_under_way_or_led_to_no_approval()
    {
        var given = Holding.Give(0, Need, Rich, Pen, Given.Now).State!.Take(Held(1, number: 2), Pen, Given.Now).State!;
        AssertVerdict(GiftVerdict.Waits, given, Need, ticket: 1);

        var mined = given.Mined(5, TestPen.HashOf(5), Given.Block, []).State!;
        AssertVerdict(GiftVerdict.Refused, mined, Need, ticket: 1);
        AssertVerdict(GiftVerdict.Refused, mined.Unapproved(0, new FailSettlement("erc20_approval_broadcast_failed")).State!, Need, ticket: 1);
        AssertVerdict(GiftVerdict.Fits, mined.Final([5]).State!, Need, ticket: 1);

        var approved = mined.Approved(0, null, Given.Now).State!;
        Assert.True(approved.Transactions[5].Gift!.Used);
        AssertVerdict(GiftVerdict.Fits, approved, Need, ticket: 1);
    }

    [Fact]
    public void Another_payer_is_given_at_the_same_time()
    {
        var given = Holding.Give(0, Need, Rich, Pen, Given.Now).State!.Take(Held(2), Pen, Given.Now).State!;

        Assert.Equal([5UL, 6UL], given.Give(1, NeedOf(2), Rich, Pen, Given.Now).State!.Transactions.Keys);
    }

    [Fact]
    public void Only_what_waits_for_its_own_payers_approval_and_has_time_gets_any()
    {
        Assert.False(Holding.Give(7, Need, Rich, Pen, Given.Now).IsChange);
        Assert.False(Holding.Give(0, NeedOf(2), Rich, Pen, Given.Now).IsChange);
        Assert.False(Holding.Approved(0, null, Given.Now).State!.Give(0, Need, Rich, Pen, Given.Now).IsChange);
        var end = Holding.Waiting[0].Terms.ExpiresAt;
        Assert.True(Holding.Give(0, Need, Rich, Pen, end - Signer.SendMargin).IsChange);
        Assert.False(Holding.Give(0, Need, Rich, Pen, end - Signer.SendMargin + TimeSpan.FromTicks(1)).IsChange);
    }

    [Fact]
    public void While_nothing_can_be_signed_nothing_is_given()
    {
        Assert.False(Holding.Give(0, Need, Rich, null, Given.Now).IsChange);
        Assert.False(Signer.New("eip155:84532", Given.Signer).Take(Held(1), null, Given.Now).State!.Give(0, Need, Rich, Pen, Given.Now).IsChange);
        Assert.False(Holding.Give(0, Need, Rich, With(new SendingLimits(4, 0, 1_000_000, 0)), Given.Now).IsChange);
    }

    [Theory]
    [InlineData(TransactionGas.Empty, true)]
    [InlineData(TransactionGas.Empty - 1, false)]
    public void A_gift_counts_for_the_days_gas(ulong gasPerDay, bool isGiven)
    {
        var pen = With(new SendingLimits(4, 64, 1_000_000, gasPerDay));
        Assert.Equal(isGiven ? GiftVerdict.Fits : GiftVerdict.Refused, Holding.JudgeGift(Holding.Waiting[0], Need, Rich, pen.Limits, Given.Now));
        Assert.Equal(isGiven, Holding.Give(0, Need, Rich, pen, Given.Now).IsChange);
    }

    [Theory]
    [InlineData(0, GiftVerdict.Fits)]
    [InlineData(1, GiftVerdict.Spent)]
    public void What_the_giving_transaction_costs_at_most_is_of_the_days_money(ulong more, GiftVerdict verdict)
    {
        var pen = At(fee: 2, perDay: 210 + (2 * TransactionGas.Empty));
        var need = Need with { Missing = Need.Missing + more };

        Assert.Equal(verdict, Holding.JudgeGift(Holding.Waiting[0], need, Rich, pen.Limits, Given.Now));
        var given = Holding.Give(0, need, Rich, pen, Given.Now);
        Assert.Equal(verdict == GiftVerdict.Fits ? 210 + (2 * TransactionGas.Empty) : 0, (ulong)given.State!.GasMoneyOn(Given.Now));
    }

    [Theory]
    [InlineData(0, GiftVerdict.Fits)]
    [InlineData(1, GiftVerdict.Unfunded)]
    public void A_key_keeps_the_coins_for_what_is_on_its_way_and_for_some_settlements(ulong less, GiftVerdict verdict)
    {
        var pen = At(fee: 2, perDay: 1_000_000_000);
        var busy = Holding.Take(SignerTests.Work(7), pen, Given.Now).State!.Take(Held(2), pen, Given.Now).State!.Give(2, NeedOf(2), Rich, pen, Given.Now).State!;
        var onItsWay = 2 * (busy.Transactions[5].Settlements[0].Terms.GasLimit + TransactionGas.Empty) + 210;
        var funds = 210 + (2 * TransactionGas.Empty) + onItsWay + (2 * GasMoneyLimits.SettlementsKept * GasMoneyLimits.SettlementGas) - less;

        Assert.Equal(verdict, busy.JudgeGift(busy.Waiting[0], Need, funds, pen.Limits, Given.Now));
        Assert.Equal(verdict == GiftVerdict.Fits, busy.Give(0, Need, funds, pen, Given.Now).IsChange);
    }

    [Fact]
    public void What_is_mined_takes_nothing_any_more()
    {
        var pen = At(fee: 2, perDay: 1_000_000_000);
        var funds = 210 + (2 * TransactionGas.Empty) + (2 * GasMoneyLimits.SettlementsKept * GasMoneyLimits.SettlementGas);
        var busy = Holding.Take(SignerTests.Work(7), pen, Given.Now).State!;
        Assert.Equal(GiftVerdict.Unfunded, busy.JudgeGift(busy.Waiting[0], Need, funds, pen.Limits, Given.Now));

        var mined = busy.Mined(5, TestPen.HashOf(5), Given.Block, [new ConfirmSettlement(TestPen.HashOf(5), Given.Block)]).State!;
        Assert.Equal(GiftVerdict.Fits, mined.JudgeGift(mined.Waiting[0], Need, funds, pen.Limits, Given.Now));
    }

    [Fact]
    public void A_clock_that_goes_back_over_midnight_gives_neither_the_days_money_nor_its_gas_again()
    {
        var midnight = new DateTimeOffset(Given.Now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        var limits = new SendingLimits(4, 64, 1_000_000, 2 * TransactionGas.Empty);
        var (pen, end) = (With(limits), midnight.AddHours(1));
        var given = Synced.Take(Held(1, end), pen, midnight).State!.Take(Held(2, end), pen, midnight).State!.Give(0, Need with { Missing = 600 }, Rich, pen, midnight).State!;

        var back = midnight.AddTicks(-1);
        Assert.Equal((400UL, TransactionGas.Empty), ((ulong)given.GasMoneyLeft(Limits, back), given.GasLeft(limits, back)));
        Assert.False(given.Give(1, NeedOf(2) with { Missing = 401 }, Rich, pen, back).IsChange);
        var second = given.Give(1, NeedOf(2) with { Missing = 400 }, Rich, pen, back).State!;
        Assert.Equal((0UL, 0UL), ((ulong)second.GasMoneyLeft(Limits, midnight), second.GasLeft(limits, midnight)));
        Assert.Equal((Day, 2 * TransactionGas.Empty), ((ulong)second.GasMoneyLeft(Limits, midnight.AddDays(1)), second.GasLeft(limits, midnight.AddDays(1))));
    }

    [Fact]
    public void A_higher_offer_counts_by_what_it_costs_more_and_is_made_whatever_the_day_has_left()
    {
        var given = Holding.Give(0, Need, Rich, At(fee: 2, perDay: 210 + (2 * TransactionGas.Empty)), Given.Now).State!;

        var outbid = given.Outbid([5], At(fee: 5, perDay: 210 + (2 * TransactionGas.Empty)), Given.Now).State!;

        Assert.Equal(2, outbid.Transactions[5].Forms.Length);
        Assert.Equal(210 + (5 * TransactionGas.Empty), (ulong)outbid.GasMoneyOn(Given.Now));
        Assert.Equal(0UL, (ulong)outbid.GasMoneyLeft(Limits, Given.Now));
    }

    [Fact]
    public void When_its_payment_is_over_a_higher_offer_gives_nothing()
    {
        var given = Holding.Give(0, Need, Rich, Pen, Given.Now).State!;

        var over = given.Unapproved(0, new DoubtSettlement()).State!.Outbid([5], With(Pen.Limits, fee: 2), Given.Now);
        Assert.Equal("0x0005 gives 210 to " + Need.Payer + "+", over.State!.Transactions[5].Newest.Raw);
        Assert.Empty(over.Effects.Events);

        var approved = given.Approved(0, null, Given.Now).State!.Outbid([5], With(Pen.Limits, fee: 2), Given.Now).State!;
        Assert.Equal("0x0005 gives 210 to " + Need.Payer + "+", approved.Transactions[5].Newest.Raw);
    }

    [Fact]
    public void Each_gift_and_each_higher_offer_of_one_is_an_event_in_its_own_commit()
    {
        var given = Holding.Give(0, Need, Rich, Pen, Given.Now);
        var told = Assert.Single(given.Effects.Events);
        Assert.Equal((SignerEvents.GivenType, TestPen.HashOf(5)), (told.Type, told.Object));
        using var body = System.Text.Json.JsonDocument.Parse(told.Body);
        Assert.Equal((Need.Payer, "210", "stl:1"), (Text("payer"), Text("wei"), Text("settlement")));

        var again = Assert.Single(given.State!.Outbid([5], With(Pen.Limits, fee: 2), Given.Now).Effects.Events);
        Assert.Equal((SignerEvents.GivenType, TestPen.HashOf(5) + "+"), (again.Type, again.Object));

        string? Text(string name) => body.RootElement.GetProperty(name).GetString();
    }

    [Fact]
    public void A_payment_that_ends_after_a_gift_says_that_it_cost_gas()
    {
        var fail = new FailSettlement("erc20_approval_broadcast_failed");

        Assert.Equal(fail, ReportOf(Holding.Unapproved(0, fail)));
        Assert.Equal(fail with { CostGas = true }, ReportOf(Holding.Give(0, Need, Rich, Pen, Given.Now).State!.Unapproved(0, fail)));

        static SettlementCommand ReportOf(Outcome<Signer> outcome) => Assert.IsType<SettlementReported>(Assert.Single(outcome.Effects.Messages).Fact).Command;
    }

    private static GiftVerdict Judge(Signer signer) => signer.JudgeGift(signer.Waiting[0], Need, Rich, Pen.Limits, Given.Now);

    /// <summary>What is said beforehand is what is done.</summary>
    private static void AssertVerdict(GiftVerdict verdict, Signer signer, GasNeed need, long ticket = 0)
    {
        Assert.Equal(verdict, signer.JudgeGift(signer.Waiting[ticket], need, Rich, Pen.Limits, Given.Now));
        Assert.Equal(verdict == GiftVerdict.Fits, signer.Give(ticket, need, Rich, Pen, Given.Now).IsChange);
    }

    private static TestPen With(SendingLimits limits, UInt128 fee = default) => new(limits with { GasMoney = Limits }, fee: fee);

    private static TestPen At(ulong fee, ulong perDay) =>
        new(new SendingLimits(4, 64, 1_000_000, 0) { GasMoney = new GasMoneyLimits(perDay, 30) { Fee = fee } }, fee: fee);

    private static GasNeed NeedOf(int payer) => new(PayerOf(payer), 210, 70_000, 30, 75_000);

    private static string PayerOf(int payer) => "0x" + payer.ToString("x40", System.Globalization.CultureInfo.InvariantCulture);

    private static SettlementWork Held(int payer, DateTimeOffset? end = null, int? number = null)
    {
        var work = SignerTests.Work(number ?? payer, end);
        return work with { Terms = work.Terms with { Method = SettlementMethods.Permit2, Payer = PayerOf(payer), Approval = new ApprovalTerms("0x02", "0xaa", 0) } };
    }
}
