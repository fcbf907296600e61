using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Domain.Tests.Settlements;

namespace AgentPay.Domain.Tests.Signers;

/// <summary>Work that waits for the payer's own approval of Permit2: nothing is signed for it before, and nobody waits for it.</summary>
public sealed class HeldWorkTests
{
    private static readonly TestPen Pen = new();
    private static readonly Signer Synced = Signer.New("eip155:84532", Given.Signer).Sync(5, 5, Pen, Given.Now).State!;
    private static readonly Signer Holding = Synced.Take(Held(1), Pen, Given.Now).State!;

    [Fact]
    public void Nothing_is_signed_for_it_until_its_approval_is_mined()
    {
        Assert.Empty(Holding.Transactions);
        Assert.False(Holding.SendWaiting(Pen, Given.Now).IsChange);
        Assert.Empty(Holding.Sync(5, 5, Pen, Given.Now).State!.Transactions);

        var approved = Holding.Approved(0, Pen, Given.Now);
        Assert.Equal("stl:1", Assert.Single(approved.State!.Transactions[5].Settlements).Settlement);
        Assert.Empty(approved.State!.Waiting);
        Assert.Equal([SignerRows.TransactionId(5), SignerRows.WaitingId(0)], approved.Effects.Records.Select(record => record.Id).Order());
    }

    [Fact]
    public void Approved_while_nothing_can_be_signed_it_stays_so()
    {
        var approved = Holding.Approved(0, null, Given.Now);
        Assert.False(Assert.Single(approved.State!.Waiting).Value.IsHeld);
        Assert.Equal(SignerRows.WaitingId(0), Assert.Single(approved.Effects.Records).Id);

        Assert.Single(approved.State!.SendWaiting(Pen, Given.Now).State!.Transactions);
    }

    [Fact]
    public void Others_go_at_once_as_if_it_were_not_there()
    {
        var signer = Holding.Take(SignerTests.Work(2), Pen, Given.Now).State!;

        Assert.Equal("stl:2", Assert.Single(signer.Transactions[5].Settlements).Settlement);
        Assert.Equal("stl:1", Assert.Single(signer.Waiting).Value.Settlement);
    }

    [Fact]
    public void It_fills_no_transaction()
    {
        var signer = Synced.Take(SignerTests.Work(9), Pen, Given.Now).State!;
        signer = Enumerable.Range(1, 3).Aggregate(signer, (state, i) => state.Take(Held(i), Pen, Given.Now).State!);
        signer = Enumerable.Range(4, 3).Aggregate(signer, (state, i) => state.Take(SignerTests.Work(i), Pen, Given.Now).State!);
        Assert.Single(signer.Transactions);

        signer = signer.Take(SignerTests.Work(7), Pen, Given.Now).State!;
        Assert.Equal(["stl:4", "stl:5", "stl:6", "stl:7"], signer.Transactions[6].Settlements.Select(work => work.Settlement));
    }

    [Fact]
    public void Given_up_its_settlement_hears_why_and_nothing_of_it_is_left()
    {
        var given = Holding.Unapproved(0, new FailSettlement("erc20_approval_tx_failed"));

        Assert.Empty(given.State!.Waiting);
        Assert.Equal([new FailSettlement("erc20_approval_tx_failed")], SignerTests.Told(given));
        Assert.Equal((SignerRows.WaitingId(0), false), (Assert.Single(given.Effects.Records).Id, given.Effects.Records[0].Body.HasValue));
    }

    [Fact]
    public void What_is_said_of_it_too_late_changes_nothing()
    {
        var sent = Holding.Approved(0, Pen, Given.Now).State!;

        Assert.False(sent.Approved(0, Pen, Given.Now).IsChange);
        Assert.False(sent.Unapproved(0, new FailSettlement("erc20_approval_tx_failed")).IsChange);
        Assert.False(Holding.Approved(0, null, Given.Now).State!.Unapproved(0, new DoubtSettlement()).IsChange);
    }

    [Fact]
    public void Out_of_time_it_asks_the_chain_as_any_other()
    {
        var late = Holding.SendWaiting(Pen, Given.Now.AddHours(1));

        Assert.Empty(late.State!.Waiting);
        Assert.Equal([new DoubtSettlement()], SignerTests.Told(late));
    }

    [Fact]
    public void The_days_ceiling_is_not_reached_by_what_is_not_to_be_sent() =>
        Assert.False(Holding.IsOutOfGas(new SendingLimits(4, 64, 1_000_000, 1), Given.Now));

    private static SettlementWork Held(int number)
    {
        var work = SignerTests.Work(number);
        return work with { Terms = work.Terms with { Method = SettlementMethods.Permit2, Approval = new ApprovalTerms("0x02", "0xaa", 0) } };
    }
}
