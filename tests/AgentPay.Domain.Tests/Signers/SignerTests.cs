using System.Globalization;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Domain.Tests.Settlements;

namespace AgentPay.Domain.Tests.Signers;

/// <summary>One key: its nonces, in order and without a gap.</summary>
public sealed class SignerTests
{
    private static readonly Signer Synced = Signer.New("eip155:84532", Given.Signer).Sync(5, 5, TestPen.Alone, Given.Now).State!;

    internal static SettlementWork Work(int number, DateTimeOffset? end = null) => new(
        string.Create(CultureInfo.InvariantCulture, $"stl:{number}"), 1,
        Given.Terms with { ValidBefore = (end ?? Given.Now.AddHours(1)).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) });

    [Fact]
    public void Work_gets_the_chains_nonces_in_order_without_a_gap()
    {
        var signer = Synced;
        for (var i = 0; i < 20; i++)
        {
            signer = signer.Take(Work(i), TestPen.Alone, Given.Now).State!;
        }

        Assert.Equal(Enumerable.Range(5, 20).Select(nonce => (ulong)nonce), signer.Transactions.Keys);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"stl:{i}"), signer.Transactions.Values.Select(transaction => transaction.Settlements.Single().Settlement));
    }

    [Fact]
    public void A_transaction_its_row_its_event_and_the_word_to_its_settlement_are_one_decision()
    {
        var taken = Synced.Take(Work(1), TestPen.Alone, Given.Now);

        var transaction = Assert.Single(taken.State!.Transactions).Value;
        Assert.Equal(("0x0005", HashOf(5), Given.Now), (transaction.Newest.Raw, transaction.Newest.Hash, transaction.Newest.SignedAt));
        Assert.Equal(SignerRows.TransactionId(5), Assert.Single(taken.Effects.Records).Id);
        Assert.Equal([new SubmitSettlement(HashOf(5))], Told(taken));
        var committed = Assert.Single(taken.Effects.Events);
        Assert.Equal((SignerEvents.CommittedType, HashOf(5)), (committed.Type, committed.Object));
        Assert.Equal(["stl:1"], SignerEvents.SettlementsOf(committed.Body.Span));
    }

    [Fact]
    public void Work_waits_until_the_chain_told_the_nonce_and_until_it_can_be_signed()
    {
        var unsynced = Signer.New("eip155:84532", Given.Signer).Take(Work(1), TestPen.Alone, Given.Now).State!;
        Assert.Empty(unsynced.Transactions);
        Assert.Equal([9UL], unsynced.Sync(9, 9, TestPen.Alone, Given.Now).State!.Transactions.Keys);

        var unsigned = Synced.Take(Work(1), null, Given.Now).State!;
        Assert.Empty(unsigned.Transactions);
        Assert.Equal([5UL], unsigned.SendWaiting(TestPen.Alone, Given.Now).State!.Transactions.Keys);
    }

    [Fact]
    public void The_512th_unmined_transaction_is_sent_and_the_513th_waits_for_room()
    {
        var signer = Synced;
        for (var i = 0; i < TestPen.Alone.Limits.InFlightMax; i++)
        {
            signer = signer.Take(Work(i), TestPen.Alone, Given.Now).State!;
        }

        Assert.Equal((512, 512, 0), (signer.InFlight, signer.Transactions.Count, signer.Waiting.Count));
        signer = signer.Take(Work(512), TestPen.Alone, Given.Now).State!;
        Assert.Equal((512, 512, 1), (signer.InFlight, signer.Transactions.Count, signer.Waiting.Count));

        signer = signer.Mined(5, HashOf(5), Given.Block, [new ConfirmSettlement(HashOf(5), Given.Block)]).State!;
        signer = signer.SendWaiting(TestPen.Alone, Given.Now).State!;
        Assert.Equal((512, 513, 0), (signer.InFlight, signer.Transactions.Count, signer.Waiting.Count));
    }

    [Fact]
    public void What_ends_within_two_seconds_is_doubted_and_what_ends_in_exactly_two_is_sent()
    {
        var end = Given.Now.AddSeconds(60);

        var last = Synced.Take(Work(1, end), TestPen.Alone, end - Signer.SendMargin);
        Assert.Equal([new SubmitSettlement(HashOf(5))], Told(last));

        var late = Synced.Take(Work(1, end), TestPen.Alone, end - Signer.SendMargin + TimeSpan.FromTicks(1));
        Assert.Equal([new DoubtSettlement()], Told(late));
        Assert.Equal((0, 0, 5UL), (late.State!.Transactions.Count, late.State.Waiting.Count, late.State.NextNonce));
    }

    [Theory]
    [InlineData(4, 5)]
    [InlineData(5, 5)]
    [InlineData(6, 6)]
    public void A_chain_that_knows_more_raises_the_next_nonce_and_one_that_knows_less_never_lowers_it(ulong chain, ulong next) =>
        Assert.Equal(next, Synced.Sync(chain, chain, TestPen.Alone, Given.Now).State!.NextNonce);

    [Fact]
    public void A_mined_transaction_tells_what_the_receipt_proves_once()
    {
        var report = new ConfirmSettlement(HashOf(5), Given.Block);
        var mined = WithOne().Mined(5, HashOf(5), Given.Block, [report]);

        Assert.Equal([report], Told(mined));
        Assert.Equal(0, mined.State!.InFlight);
        Assert.False(mined.State.Mined(5, HashOf(5), Given.Block, [report]).IsChange);
        Assert.False(mined.State.Mined(6, HashOf(6), Given.Block, [report]).IsChange);
    }

    [Fact]
    public void A_mined_transaction_without_a_report_for_each_settlement_inside_is_a_defect() =>
        Assert.Throws<InvariantBrokenException>(() => WithOne().Mined(5, HashOf(5), Given.Block, []));

    [Fact]
    public void A_lost_block_puts_the_same_bytes_on_their_way_again_and_another_block_does_not()
    {
        var mined = WithOne().Mined(5, HashOf(5), Given.Block, [new ConfirmSettlement(HashOf(5), Given.Block)]).State!;

        Assert.False(mined.Lost(5, Given.OtherBlock).IsChange);
        var lost = mined.Lost(5, Given.Block);
        Assert.Equal([new UndoSettlement(Given.Block)], Told(lost));
        Assert.Equal((1, "0x0005"), (lost.State!.InFlight, lost.State.Transactions[5].Newest.Raw));
        Assert.Null(lost.State.Transactions[5].Block);
    }

    [Fact]
    public void What_was_done_in_a_block_of_whose_loss_nobody_told_is_undone_when_another_block_does_something_else()
    {
        var mined = WithOne().Mined(5, HashOf(5), Given.Block, [new ConfirmSettlement(HashOf(5), Given.Block)]).State!;
        var (failed, confirmed) = (new FailSettlement("invalid_exact_evm_transaction_failed"), new ConfirmSettlement(HashOf(5), Given.OtherBlock));

        Assert.Equal([new UndoSettlement(Given.Block), failed], Told(mined.Mined(5, HashOf(5), Given.OtherBlock, [failed])));
        Assert.Equal([new UndoSettlement(Given.Block), new DoubtSettlement()], Told(mined.Mined(5, HashOf(5), Given.OtherBlock, [new DoubtSettlement()])));
        Assert.Equal([confirmed], Told(mined.Mined(5, HashOf(5), Given.OtherBlock, [confirmed])));
    }

    [Fact]
    public void A_taken_nonce_moves_its_work_to_the_next_one_while_there_is_time()
    {
        var taken = WithOne().NonceTaken(5, TestPen.Alone, Given.Now);

        Assert.Equal([6UL], taken.State!.Transactions.Keys);
        Assert.Equal([new SubmitSettlement(HashOf(6))], Told(taken));
        Assert.Equal([new DoubtSettlement()], Told(WithOne().NonceTaken(5, TestPen.Alone, Given.Now.AddHours(1))));
    }

    [Fact]
    public void A_mined_nonce_cannot_be_taken()
    {
        var mined = WithOne().Mined(5, HashOf(5), Given.Block, [Given.Confirm]).State!;

        Assert.False(mined.NonceTaken(5, TestPen.Alone, Given.Now).IsChange);
    }

    [Fact]
    public void Only_mined_transactions_become_final_and_their_rows_go()
    {
        var two = WithOne().Take(Work(2), TestPen.Alone, Given.Now).State!.Mined(5, HashOf(5), Given.Block, [Given.Confirm]).State!;

        var final = two.Final([5, 6, 7]);

        Assert.Equal([6UL], final.State!.Transactions.Keys);
        Assert.Equal([new DeepenSettlement(Final: true, Given.Block)], Told(final));
        var row = Assert.Single(final.Effects.Records);
        Assert.Equal(SignerRows.TransactionId(5), row.Id);
        Assert.Null(row.Body);
    }

    [Fact]
    public void Safe_is_told_once_as_far_as_all_is_mined_and_again_after_its_block_was_lost()
    {
        var three = WithOne().Take(Work(2), TestPen.Alone, Given.Now).State!.Take(Work(3), TestPen.Alone, Given.Now).State!
            .Mined(5, HashOf(5), Given.Block, [Given.Confirm]).State!.Mined(6, HashOf(6), Given.OtherBlock, [Given.Confirm]).State!;

        var safe = three.Safe(8);
        Assert.Equal([new DeepenSettlement(Final: false, Given.Block), new DeepenSettlement(Final: false, Given.OtherBlock)], Told(safe));
        Assert.Empty(safe.Effects.Records);
        Assert.False(safe.State!.Safe(8).IsChange);

        var lost = safe.State.Lost(6, Given.OtherBlock).State!;
        Assert.False(lost.Safe(8).IsChange);
        Assert.Equal([new DeepenSettlement(Final: false, Given.Block)], Told(lost.Mined(6, HashOf(6), Given.Block, [Given.Confirm]).State!.Safe(8)));
    }

    [Fact]
    public void A_transaction_that_moved_to_another_block_is_told_anew_when_that_is_safe()
    {
        var safe = WithOne().Mined(5, HashOf(5), Given.Block, [Given.Confirm]).State!.Safe(6).State!;

        var moved = safe.Mined(5, HashOf(5), Given.OtherBlock, [Given.Confirm]).State!;

        Assert.Equal([new DeepenSettlement(Final: false, Given.OtherBlock)], Told(moved.Safe(6)));
    }

    [Theory]
    [InlineData("signer:eip155:84532:0xaa", true, "eip155:84532", "0xaa")]
    [InlineData("signer:x:y", true, "x", "y")]
    [InlineData("signer::y", false, "", "")]
    [InlineData("signer:y", false, "", "")]
    [InlineData("stl:eip155:84532:0xaa", false, "", "")]
    [InlineData("", false, "", "")]
    public void A_signers_key_names_network_and_address(string key, bool isOne, string network, string address)
    {
        Assert.Equal(isOne, SignerId.TryParse(key, out var gotNetwork, out var gotAddress));
        Assert.Equal((network, address), (gotNetwork, gotAddress));
    }

    internal static string HashOf(ulong nonce) => TestPen.HashOf(nonce);

    private static Signer WithOne() => Synced.Take(Work(1), TestPen.Alone, Given.Now).State!;

    internal static SettlementCommand[] Told(Outcome<Signer> outcome) =>
        [.. outcome.Effects.Messages.Select(message => ((SettlementReported)message.Fact).Command)];
}
