using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Domain.Tests.Settlements;

namespace AgentPay.Domain.Tests.Signers;

/// <summary>Nonces that do not move: too cheap, or held up by somebody else's transaction.</summary>
public sealed class StuckNonceTests
{
    private static readonly TestPen Pen = new();
    private static readonly Signer Synced = Signer.New("eip155:84532", Given.Signer).Sync(5, 5, Pen, Given.Now).State!;

    [Fact]
    public void A_higher_offer_is_another_form_of_the_same_nonce_and_every_form_is_kept()
    {
        var signer = Synced.Take(SignerTests.Work(1), Pen, Given.Now).State!;

        var outbid = signer.Outbid([5], new TestPen(fee: 2), Given.Now.AddMinutes(1));

        var transaction = Assert.Single(outbid.State!.Transactions).Value;
        Assert.Equal([TestPen.HashOf(5), TestPen.HashOf(5) + "+"], transaction.Forms.Select(form => form.Hash));
        Assert.Equal([new SubmitSettlement(TestPen.HashOf(5) + "+")], Told(outbid));
        Assert.Equal(TestPen.HashOf(5) + "+", Assert.Single(outbid.Effects.Events).Object);
        Assert.NotEqual(signer.Rewrites, outbid.State.Rewrites);
        Assert.Equal((1, 6UL), (outbid.State.InFlight, outbid.State.NextNonce));
    }

    [Fact]
    public void A_higher_offer_that_carries_nothing_is_no_event_of_a_payment()
    {
        var filled = Signer.New("eip155:84532", Given.Signer).Sync(5, 6, new TestPen(), Given.Now).State!.FillForeign(5, new TestPen(), Given.Now).State!;

        var outbid = filled.Outbid([5], new TestPen(fee: 2), Given.Now.AddMinutes(1));
        Assert.Equal(2, outbid.State!.Transactions[5].Forms.Length);
        Assert.Empty(outbid.Effects.Events);
    }

    [Fact]
    public void At_the_same_price_only_what_is_held_up_is_offered_again_and_nothing_that_is_mined()
    {
        var signer = Synced.Take(SignerTests.Work(1), Pen, Given.Now).State!;
        var mined = signer.Mined(5, TestPen.HashOf(5), Given.Block, [Given.Confirm]).State!;

        Assert.False(signer.Outbid([5], Pen, Given.Now).IsChange);
        Assert.True(signer.Outbid([5], Pen, Given.Now, always: true).IsChange);
        Assert.False(signer.Outbid([5], null, Given.Now, always: true).IsChange);
        Assert.False(mined.Outbid([5], new TestPen(fee: 2), Given.Now, always: true).IsChange);
    }

    [Fact]
    public void What_ran_out_of_time_is_left_out_of_the_new_form_and_stays_with_the_nonce()
    {
        var end = Given.Now.AddSeconds(60);
        var signer = Synced.Take(SignerTests.Work(1), Pen, Given.Now).State!
            .Take(SignerTests.Work(2, end), Pen, Given.Now).State!.Take(SignerTests.Work(3), Pen, Given.Now).State!.SendWaiting(Pen, Given.Now).State!;

        var outbid = signer.Outbid([6], new TestPen(fee: 2), end);

        Assert.Equal(["stl:3"], SignerEvents.SettlementsOf(Assert.Single(outbid.Effects.Events).Body.Span));
        Assert.Equal(["stl:2", "stl:3"], outbid.State!.Transactions[6].Settlements.Select(work => work.Settlement));

        // The older form may have won: then it is paid. If the newer did, it waits, is out of time, and asks the chain.
        var mined = outbid.State.Mined(6, "new", Given.Block, [new FailSettlement(SettlementRefusals.TransactionFailed), Given.Confirm], isStarved: true);
        Assert.Equal([Given.Confirm], Told(mined));
        Assert.Equal([new DoubtSettlement()], Told(mined.State!.SendWaiting(Pen, end)));
    }

    [Fact]
    public void A_payer_that_got_code_is_left_out_of_the_new_form_and_goes_alone_when_that_is_mined()
    {
        var signer = Sharing();
        var pen = new TestPen(fee: 2, codeOf: payer => payer == PayerOf(signer, 0) ? PayerCode.Some : PayerCode.None);

        var outbid = signer.Outbid([6], pen, Given.Now);
        Assert.Equal(["stl:3", "stl:4"], SignerEvents.SettlementsOf(Assert.Single(outbid.Effects.Events).Body.Span));
        Assert.Empty(outbid.State!.Waiting);

        // Its gas sufficed for what it carried, and of the one that was left out nothing is said.
        var mined = outbid.State.Mined(6, outbid.State.Transactions[6].Newest.Hash, Given.Block, [Unused, Unused, Given.Confirm]);
        Assert.Equal([Unused, Given.Confirm], Told(mined));
        var alone = mined.State!.SendWaiting(pen, Given.Now).State!;
        Assert.Equal("stl:2", Assert.Single(alone.Transactions[7].Settlements).Settlement);
    }

    [Fact]
    public void When_the_older_form_is_mined_who_was_left_out_of_the_newer_is_told_what_became_of_it()
    {
        var signer = Sharing();
        var outbid = signer.Outbid([6], new TestPen(fee: 2, codeOf: payer => payer == PayerOf(signer, 0) ? PayerCode.Some : PayerCode.None), Given.Now).State!;

        var mined = outbid.Mined(6, TestPen.HashOf(6), Given.Block, [Unused, Given.Confirm, Given.Confirm]);

        Assert.Equal([Unused, Given.Confirm, Given.Confirm], Told(mined));
        Assert.Empty(mined.State!.Waiting);
    }

    [Fact]
    public void Who_was_left_out_once_stays_out_of_every_later_form_and_goes_with_the_others_when_the_nonce_is_taken()
    {
        var signer = Sharing();
        var outbid = signer.Outbid([6], new TestPen(fee: 2, codeOf: payer => payer == PayerOf(signer, 1) ? PayerCode.Some : PayerCode.None), Given.Now).State!;

        var again = outbid.Outbid([6], new TestPen(fee: 3), Given.Now);
        Assert.Equal(["stl:2", "stl:4"], SignerEvents.SettlementsOf(Assert.Single(again.Effects.Events).Body.Span));
        Assert.Equal([0, 1, 0], again.State!.Transactions[6].Settlements.Select(work => work.LeftOutOf));

        var taken = again.State.NonceTaken(6, null, Given.Now).State!;
        Assert.Equal([("stl:2", 0), ("stl:3", 0), ("stl:4", 0)], taken.Waiting.Values.Select(work => (work.Settlement, work.LeftOutOf)));
    }

    [Fact]
    public void Payers_whose_code_nobody_has_just_looked_at_keep_a_shared_transaction_as_it_is_and_one_alone_needs_no_look()
    {
        var unread = new TestPen(fee: 2, codeOf: static _ => PayerCode.Unread);

        var outbid = Sharing().Outbid([5, 6], unread, Given.Now).State!;

        Assert.Equal([2, 1], outbid.Transactions.Values.Select(transaction => transaction.Forms.Length));
    }

    [Fact]
    public void Somebody_elses_waiting_transactions_are_remembered_and_their_nonces_used_up_when_they_are_gone()
    {
        var signer = Signer.New("eip155:84532", Given.Signer).Sync(5, 8, Pen, Given.Now).State!;
        Assert.Equal((new NonceRange(5, 8), 8UL), (signer.Foreign, signer.NextNonce));
        signer = signer.Take(SignerTests.Work(1), Pen, Given.Now).State!;

        var filled = signer.FillForeign(6, Pen, Given.Now).State!;

        Assert.Equal([6UL, 7UL, 8UL], filled.Transactions.Keys);
        Assert.Equal([0, 0, 1], filled.Transactions.Values.Select(transaction => transaction.Settlements.Length));
        Assert.True(filled.Mined(6, TestPen.HashOf(6), Given.Block, []).IsChange);

        // The fifth is mined, and its block may still be lost.
        Assert.Equal(new NonceRange(5, 6), filled.Foreign);
        var lost = filled.FillForeign(5, Pen, Given.Now).State!;
        Assert.Equal([5UL, 6UL, 7UL, 8UL], lost.Transactions.Keys);
        Assert.Null(lost.Foreign);
    }

    [Fact]
    public void Foreign_nonces_that_were_mined_are_forgotten_without_a_word()
    {
        var signer = Signer.New("eip155:84532", Given.Signer).Sync(5, 8, Pen, Given.Now).State!;

        var over = signer.FillForeign(8, Pen, Given.Now).State!;

        Assert.Null(over.Foreign);
        Assert.Empty(over.Transactions);
    }

    [Fact]
    public void A_key_nobody_else_uses_has_no_foreign_nonces() => Assert.Null(Synced.Foreign);

    private static readonly FailSettlement Unused = new(SettlementRefusals.TransactionFailed);

    /// <summary>One alone, and after it three payers in one transaction.</summary>
    private static Signer Sharing() => Enumerable.Range(1, 4)
        .Aggregate(Synced, static (signer, number) => signer.Take(SignerTests.Work(number) is var work ? work with { Terms = work.Terms with { Payer = $"payer {number}" } } : work, Pen, Given.Now).State!)
        .SendWaiting(Pen, Given.Now).State!;

    private static string PayerOf(Signer signer, int member) => signer.Transactions[6].Settlements[member].Terms.Payer;

    private static SettlementCommand[] Told(Outcome<Signer> outcome) =>
        [.. outcome.Effects.Messages.Select(message => ((SettlementReported)message.Fact).Command)];
}
