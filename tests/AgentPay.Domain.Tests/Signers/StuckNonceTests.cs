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

    private static SettlementCommand[] Told(Outcome<Signer> outcome) =>
        [.. outcome.Effects.Messages.Select(message => ((SettlementReported)message.Fact).Command)];
}
