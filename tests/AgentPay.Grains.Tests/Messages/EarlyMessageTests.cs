using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Messages;

/// <summary>Where the store applies commits in order, a message goes before its own commit is durable, and counts only with it.</summary>
public sealed class EarlyMessageTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_does_not_wait_for_the_answer_of_its_own_commit_where_commits_are_applied_in_order(bool appliesInOrder)
    {
        await using var engine = await Engine.StartAsync();

        // What a store does not do it cannot be told to: on PostgreSQL both are the second.
        engine.Store.AppliesInOrder &= appliesInOrder;
        engine.Store.HoldAfter = commit => commit.Grain.Type == SettlementId.GrainType && commit.Messages.Count > 0;
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => !engine.Store.Held.IsEmpty);

        if (engine.Store.AppliesInOrder)
        {
            await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        }
        else
        {
            Assert.Equal(0UL, (await engine.SignerAsync()).NextNonce);
        }

        engine.Store.Release();
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.Mine();
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task Nothing_is_sent_for_a_commit_that_is_not_written_and_the_payment_goes_once_it_is()
    {
        await using var engine = await Engine.StartAsync();
        engine.Store.HoldBefore = commit => commit.Grain.Type == SettlementId.GrainType && commit.Messages.Count > 0;
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => !engine.Store.Held.IsEmpty);
        Assert.Equal((0UL, 0), ((await engine.SignerAsync()).NextNonce, engine.Chain.Pool.Count));

        engine.Store.Release();
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.Mine();
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
        Assert.Equal(1UL, (await engine.SignerAsync()).NextNonce);
    }

    [Fact]
    public async Task What_a_failed_commit_said_is_forgotten_by_who_was_told_early()
    {
        await using var engine = await Engine.StartAsync();
        var left = 1;
        engine.Store.Fails = commit => commit.Grain.Type == SettlementId.GrainType && commit.Messages.Count > 0 && Interlocked.Decrement(ref left) >= 0;
        var payment = engine.Pay();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.AnswerAsync(payment));
        Assert.Equal(0UL, (await engine.SignerAsync()).NextNonce);

        engine.Chain.Automine = true;
        Assert.True((await engine.AnswerAsync(payment)).Response.Success);
        Assert.Equal(1UL, (await engine.SignerAsync()).NextNonce);
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task After_a_start_messages_that_were_left_go_before_new_ones()
    {
        await using var engine = await Engine.StartAsync();
        engine.Store.HoldAfter = commit => commit.Grain.Type == SignerId.GrainType && commit.Messages.Count > 0;
        var payment = engine.Pay();
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1 || !engine.Store.Held.IsEmpty);
        await engine.KillAsync();
        engine.Chain.Automine = true;
        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        await engine.AssertLedgerShowsTheChainAsync();
    }
}
