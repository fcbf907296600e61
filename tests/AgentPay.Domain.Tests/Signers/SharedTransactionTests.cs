using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Domain.Tests.Settlements;

namespace AgentPay.Domain.Tests.Signers;

/// <summary>Many settlements in one transaction: who shares, who goes alone, and what becomes of those whose call failed.</summary>
public sealed class SharedTransactionTests
{
    private static readonly TestPen Pen = new();
    private static readonly Signer Synced = Signer.New("eip155:84532", Given.Signer).Sync(5, 5, Pen, Given.Now).State!;

    [Fact]
    public void The_first_goes_alone_at_once_and_those_after_it_wait_for_company()
    {
        var signer = Take(Synced, 1, 2, 3);

        Assert.Equal(["1"], Carried(signer, 5));
        Assert.Equal(2, signer.Waiting.Count);
    }

    [Fact]
    public void What_waits_goes_together_in_its_order_with_one_event_and_a_word_to_each()
    {
        var sent = Take(Synced, 1, 2, 3).SendWaiting(Pen, Given.Now);

        Assert.Equal(["2", "3"], Carried(sent.State!, 6));
        Assert.Empty(sent.State!.Waiting);
        Assert.Equal([new SubmitSettlement(TestPen.HashOf(6)), new SubmitSettlement(TestPen.HashOf(6))], Told(sent));
        Assert.Equal(["stl:2", "stl:3"], SignerEvents.SettlementsOf(Assert.Single(sent.Effects.Events).Body.Span));
    }

    [Fact]
    public void Payers_whose_code_nobody_has_just_looked_at_wait_and_those_who_got_some_go_alone()
    {
        var two = Take(Synced, 1, 2, 3);

        Assert.False(two.SendWaiting(new TestPen(codeOf: static _ => PayerCode.Unread), Given.Now).IsChange);
        var alone = two.SendWaiting(new TestPen(codeOf: static _ => PayerCode.Some), Given.Now).State!;
        Assert.Equal(["2"], Carried(alone, 6));
        Assert.Equal(["3"], Carried(alone, 7));
    }

    [Fact]
    public void One_that_waits_alone_needs_no_look_at_its_code() =>
        Assert.Equal(["2"], Carried(Take(Synced, 1, 2).SendWaiting(new TestPen(codeOf: static _ => PayerCode.Unread), Given.Now).State!, 6));

    [Fact]
    public void One_that_takes_more_gas_than_the_day_has_left_keeps_no_smaller_one_waiting()
    {
        var pen = new TestPen(new SendingLimits(4, 64, 1_000_000, 300_000));
        ulong[] gas = [100_000, 250_000, 100_000, 80_000];
        var signer = Enumerable.Range(1, 4).Aggregate(
            Synced, (state, i) => state.Take(SignerTests.Work(i) with { Terms = SignerTests.Work(i).Terms with { GasLimit = gas[i - 1] } }, i == 1 ? pen : null, Given.Now).State!);

        signer = signer.SendWaiting(pen, Given.Now).State!;

        Assert.Equal(["3", "4"], Carried(signer, 6));
        Assert.Equal("stl:2", Assert.Single(signer.Waiting).Value.Settlement);
    }

    [Fact]
    public void A_full_transaction_waits_for_nobody()
    {
        var signer = Take(Synced, 1, 2, 3, 4);
        Assert.Equal(3, signer.Waiting.Count);

        signer = Take(signer, 5);
        Assert.Equal(["2", "3", "4", "5"], Carried(signer, 6));
        Assert.Empty(signer.Waiting);
    }

    [Fact]
    public void What_the_blocks_hold_already_keeps_nobody_waiting()
    {
        var pen = new TestPen(included: 1);

        Assert.Equal(["2"], Carried(Take(Synced, 1).Take(SignerTests.Work(2), pen, Given.Now).State!, 6));
    }

    [Fact]
    public void A_call_that_deploys_its_payers_wallet_goes_alone_even_where_nobody_noted_that_a_wallet_has_code()
    {
        var deploying = SignerTests.Work(3) with { Terms = SignerTests.Work(3).Terms with { Deployment = new DeploymentTerms("0xfa", "0x") } };
        var signer = Take(Synced, 1, 2).Take(deploying, Pen, Given.Now).State!;

        Assert.Equal(["3"], Carried(signer, 6));
        Assert.Equal(["2"], Carried(signer, 7));
    }

    [Fact]
    public void A_payer_with_code_goes_alone_however_many_wait()
    {
        var wallet = SignerTests.Work(3) with { Terms = SignerTests.Work(3).Terms with { PayerHasCode = true } };
        var signer = Take(Synced, 1, 2).Take(wallet, Pen, Given.Now).State!;

        Assert.Equal(["3"], Carried(signer, 6));
        Assert.Equal(["2"], Carried(signer, 7));
    }

    [Theory]
    [InlineData(380_000, 4)]
    [InlineData(379_999, 3)]
    public void A_transaction_holds_no_more_than_its_gas_allows(ulong gasMax, int together)
    {
        // Four shares of 80,000 and the shared call's 60,000.
        var pen = new TestPen(new SendingLimits(200, 64, gasMax, 0));
        var signer = Take(Synced, 1);
        for (var i = 2; i < 7; i++)
        {
            signer = signer.Take(SignerTests.Work(i), pen, Given.Now).State!;
        }

        Assert.Equal(together, signer.SendWaiting(pen, Given.Now).State!.Transactions[6].Settlements.Length);
    }

    [Fact]
    public void No_more_than_the_days_gas_is_signed_and_the_next_day_goes_on()
    {
        var pen = new TestPen(new SendingLimits(1, 64, 1_000_000, 320_000));
        var signer = Synced;
        for (var i = 1; i < 4; i++)
        {
            signer = signer.Take(SignerTests.Work(i, Given.Now.AddDays(2)), pen, Given.Now).State!;
        }

        Assert.Equal((2, 1, true), (signer.Transactions.Count, signer.Waiting.Count, signer.IsOutOfGas(pen.Limits, Given.Now)));

        Assert.False(signer.IsOutOfGas(pen.Limits, Given.Now.AddDays(1)));
        signer = signer.SendWaiting(pen, Given.Now.AddDays(1)).State!;
        Assert.Equal((3, 0), (signer.Transactions.Count, signer.Waiting.Count));
    }

    [Fact]
    public void A_call_that_failed_in_company_with_gas_to_spare_failed_on_its_own_merit()
    {
        var mined = Four().Mined(6, TestPen.HashOf(6), Given.Block, [Failed, Confirm, Failed, Failed]);

        Assert.Equal([Failed, Confirm, Failed, Failed], Told(mined));
        Assert.Empty(mined.State!.Waiting);
    }

    [Fact]
    public void When_the_gas_ran_out_the_first_that_failed_goes_alone_and_the_others_in_half_the_company_and_hear_nothing_yet()
    {
        var mined = Four().Mined(6, TestPen.HashOf(6), Given.Block, [Confirm, Failed, Failed, Failed], isStarved: true);

        Assert.Equal([Confirm], Told(mined));
        Assert.Equal([("stl:3", 1), ("stl:4", 1), ("stl:5", 1)], mined.State!.Waiting.Values.Select(work => (work.Settlement, work.CompanyMax)));
    }

    [Fact]
    public void When_all_of_four_failed_for_want_of_gas_each_shows_what_it_is_worth_in_few_steps()
    {
        var halves = Four().Mined(6, TestPen.HashOf(6), Given.Block, [Failed, Failed, Failed, Failed], isStarved: true).State!.SendWaiting(Pen, Given.Now).State!;
        Assert.Equal([["2"], ["3", "4"], ["5"]], new[] { 7UL, 8UL, 9UL }.Select(nonce => Carried(halves, nonce)).OrderBy(carried => carried[0]));

        var pair = halves.Transactions.Values.Single(transaction => transaction.Settlements.Length == 2).Nonce;
        var alone = halves.Mined(pair, TestPen.HashOf(pair), Given.Block, [Failed, Failed], isStarved: true).State!;
        Assert.Equal([1, 1], alone.Waiting.Values.Select(work => work.CompanyMax));

        Assert.Equal([Failed], Told(halves.Mined(7, TestPen.HashOf(7), Given.Block, [Failed], isStarved: true)));
    }

    [Fact]
    public void Below_the_days_ceiling_a_group_is_as_large_as_the_gas_that_is_left()
    {
        var pen = new TestPen(new SendingLimits(200, 64, 10_000_000, 160_000 + 60_000 + (3 * 80_000)));
        var signer = Synced;
        for (var i = 1; i < 8; i++)
        {
            signer = signer.Take(SignerTests.Work(i), pen, Given.Now).State!;
        }

        signer = signer.SendWaiting(pen, Given.Now).State!;

        Assert.Equal(["2", "3", "4"], Carried(signer, 6));
        Assert.Equal((3, true), (signer.Waiting.Count, signer.IsOutOfGas(pen.Limits, Given.Now)));
    }

    [Fact]
    public void What_ran_out_of_time_asks_the_chain_although_nothing_can_be_signed()
    {
        var waiting = Synced.Take(SignerTests.Work(1, Given.Now.AddSeconds(30)), null, Given.Now).State!;

        Assert.Equal([new DoubtSettlement()], Told(waiting.SendWaiting(null, Given.Now.AddSeconds(30))));
    }

    [Fact]
    public void Two_payments_of_one_payer_share_a_transaction_unless_one_is_by_Permit2()
    {
        var byPermit2 = SignerTests.Work(3) with { Terms = SignerTests.Work(3).Terms with { Method = "permit2" } };
        var signer = Take(Synced, 1, 2).Take(byPermit2, Pen, Given.Now).State!.SendWaiting(Pen, Given.Now).State!;

        Assert.Equal([["2"], ["3"]], new[] { Carried(signer, 6), Carried(signer, 7) });
    }

    [Fact]
    public void A_failure_that_is_no_matter_of_company_is_told_at_once()
    {
        var mismatch = new FailSettlement("invalid_exact_evm_transfer_event_mismatch");

        Assert.Equal([mismatch, Confirm, Confirm, Confirm], Told(Four().Mined(6, TestPen.HashOf(6), Given.Block, [mismatch, Confirm, Confirm, Confirm])));
    }

    [Fact]
    public void One_left_out_is_not_taken_twice_when_its_block_is_lost_and_its_transaction_mined_again()
    {
        var mined = Four().Mined(6, TestPen.HashOf(6), Given.Block, [Failed, Confirm, Confirm, Confirm], isStarved: true).State!;

        var again = mined.Lost(6, Given.Block).State!.Mined(6, TestPen.HashOf(6), Given.OtherBlock, [Failed, Confirm, Confirm, Confirm], isStarved: true).State!;

        Assert.Equal(["stl:2"], again.Waiting.Values.Select(work => work.Settlement));
    }

    [Fact]
    public void One_left_out_that_another_block_pays_after_all_is_told()
    {
        var lost = Four().Mined(6, TestPen.HashOf(6), Given.Block, [Failed, Confirm, Confirm, Confirm], isStarved: true).State!.Lost(6, Given.Block).State!;

        var again = lost.Mined(6, TestPen.HashOf(6), Given.OtherBlock, [Confirm, Confirm, Confirm, Confirm]);

        Assert.Equal(4, Told(again).Length);
    }

    [Fact]
    public void A_taken_nonce_lets_its_settlements_go_together_again_without_those_that_moved_on()
    {
        var lost = Four().Mined(6, TestPen.HashOf(6), Given.Block, [Failed, Confirm, Confirm, Confirm], isStarved: true).State!.Lost(6, Given.Block).State!;

        var taken = lost.NonceTaken(6, Pen, Given.Now).State!;

        Assert.Equal(["stl:2", "stl:3", "stl:4", "stl:5"], taken.Transactions.Values.Skip(1).SelectMany(transaction => transaction.Settlements).Select(work => work.Settlement).Order());
    }

    private static ConfirmSettlement Confirm => new(TestPen.HashOf(6), Given.Block);

    private static FailSettlement Failed => new(SettlementRefusals.TransactionFailed);

    /// <summary>Nonce 5 with one on its way and nonce 6 with four.</summary>
    private static Signer Four() => Take(Synced, 1, 2, 3, 4, 5);

    private static Signer Take(Signer signer, params int[] numbers) =>
        numbers.Aggregate(signer, (state, number) => state.Take(SignerTests.Work(number), Pen, Given.Now).State!);

    private static string[] Carried(Signer signer, ulong nonce) => [.. signer.Transactions[nonce].Settlements.Select(work => work.Settlement[4..])];

    private static SettlementCommand[] Told(Outcome<Signer> outcome) =>
        [.. outcome.Effects.Messages.Select(message => ((SettlementReported)message.Fact).Command)];
}
