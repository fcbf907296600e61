using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Tests.Settlements;

/// <summary>Writes that were given up, their outcome unknown, and that the database had taken all the same.</summary>
public sealed class UntoldWritesTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_such_a_write_told_is_heard_before_what_is_told_after_it(bool isInOrder)
    {
        await using var engine = await Engine.StartAsync();
        engine.Store.AppliesInOrder &= isInOrder;
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(payment, SettlementStatus.Submitted);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var untold = 0;
        engine.Store.LandsUntold = commit => commit.Grain.Type == SignerId.GrainType && commit.Messages.Count > 0 && Interlocked.Increment(ref untold) == 1;

        engine.Chain.Mine();
        await engine.UntilAsync(() => Volatile.Read(ref untold) > 0 && !engine.Store.IsWriting);
        engine.Chain.Reorganize(1, dropped: true);
        engine.Chain.CancelAuthorization(payment.Transfer.Token, payment.Transfer.From, payment.Transfer.Nonce);

        await engine.UntilAsync(
            async () =>
            {
                engine.Chain.Mine();
                return await engine.StatusAsync(payment) == SettlementStatus.Failed;
            },
            timePasses: true);
        await engine.AnswerAsync(settling);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transaction_that_such_a_write_made_is_sent(bool isInOrder)
    {
        await using var engine = await Engine.StartAsync();
        engine.Store.AppliesInOrder &= isInOrder;
        var untold = 0;
        engine.Store.LandsUntold = commit => commit.Grain.Type == SignerId.GrainType && commit.Consumes is not null && Interlocked.Increment(ref untold) == 1;
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);

        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1, timePasses: true);
        engine.Chain.Mine();

        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
    }
}
