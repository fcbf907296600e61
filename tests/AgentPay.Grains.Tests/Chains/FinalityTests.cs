using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>How a paid settlement becomes safe and then final, and who decides that.</summary>
public sealed class FinalityTests
{
    [Fact]
    public async Task A_payment_is_safe_and_then_final_at_the_operators_depths_and_no_block_sooner()
    {
        await using var engine = await Engine.StartAsync(safeDepth: 2, finalityDepth: 4);
        var payment = await PayAsync(engine);

        await MineAsync(engine, 1);
        Assert.Equal(SettlementStatus.Confirmed, await engine.StatusAsync(payment));
        await MineAsync(engine, 1);
        await engine.UntilAsync(payment, SettlementStatus.Safe);
        await MineAsync(engine, 1);
        Assert.Equal(SettlementStatus.Safe, await engine.StatusAsync(payment));
        await MineAsync(engine, 1);
        await engine.UntilAsync(payment, SettlementStatus.Final);

        Assert.Equal("confirmed safe final", await LifeAsync(engine, payment));
        Assert.Empty((await engine.SignerAsync()).Transactions);
    }

    [Theory]
    [InlineData(true, 2, 6)]
    [InlineData(false, 32, 64)]
    public async Task Without_depths_of_the_operator_the_nodes_word_counts_and_usual_depths_where_it_has_none(bool hasTags, int safe, int final)
    {
        await using var engine = await Engine.StartAsync(finalityDepth: 0);
        (engine.Chain.SafeDepth, engine.Chain.FinalizedDepth, engine.Chain.KnowsFinalized) = (2, 6, hasTags);
        var payment = await PayAsync(engine);

        await MineAsync(engine, safe - 1);
        Assert.Equal(SettlementStatus.Confirmed, await engine.StatusAsync(payment));
        await MineAsync(engine, 1);
        await engine.UntilAsync(payment, SettlementStatus.Safe);
        await MineAsync(engine, final - safe - 1);
        Assert.Equal(SettlementStatus.Safe, await engine.StatusAsync(payment));
        await MineAsync(engine, 1);
        await engine.UntilAsync(payment, SettlementStatus.Final);
    }

    [Fact]
    public async Task A_safe_payment_whose_block_is_lost_is_taken_back_and_becomes_safe_again_in_another()
    {
        await using var engine = await Engine.StartAsync(safeDepth: 2, finalityDepth: 9);
        var payment = await PayAsync(engine);
        await MineAsync(engine, 2);
        await engine.UntilAsync(payment, SettlementStatus.Safe);

        engine.Chain.Reorganize(3);
        await engine.UntilAsync(payment, SettlementStatus.Submitted);
        await engine.AssertLedgerShowsTheChainAsync();
        await MineAsync(engine, 3);

        await engine.UntilAsync(payment, SettlementStatus.Safe);
        Assert.Equal("confirmed safe reorged confirmed safe", await LifeAsync(engine, payment));
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task What_somebody_else_sent_becomes_safe_and_final_too()
    {
        await using var engine = await Engine.StartAsync(safeDepth: 2, finalityDepth: 4);
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.FrontRun(payment.Transfer);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);

        engine.Chain.Mine(2);
        await engine.UntilAsync(payment, SettlementStatus.Safe, timePasses: true);
        engine.Chain.Mine(2);
        await engine.UntilAsync(payment, SettlementStatus.Final, timePasses: true);

        Assert.EndsWith("confirmed safe final", await LifeAsync(engine, payment), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_calls_a_block_of_another_branch_final_is_not_believed()
    {
        await using var engine = await Engine.StartAsync(finalityDepth: 0);
        var elsewhere = new BlockCursor(0, Eip712.HashText("a branch nobody here has seen"));
        engine.Chain.TellsFinality = truth => truth with
        {
            Safe = truth.Head with { Cursor = elsewhere with { Number = truth.Head.Cursor.Number } },
            Final = truth.Head with { Cursor = elsewhere with { Number = truth.Head.Cursor.Number } },
        };
        var payment = await PayAsync(engine);
        await MineAsync(engine, 3);
        Assert.Equal(SettlementStatus.Confirmed, await engine.StatusAsync(payment));

        engine.Chain.TellsFinality = truth => truth with { Safe = truth.Head, Final = truth.Head };
        await MineAsync(engine, 1);

        await engine.UntilAsync(payment, SettlementStatus.Final);
    }

    [Fact]
    public async Task Payments_go_on_while_no_node_can_tell_what_is_safe()
    {
        await using var engine = await Engine.StartAsync(finalityDepth: 0);
        engine.Chain.TellsFinality = _ => throw new ChainUnavailableException("The node calls a block above its head safe or final.");
        var first = await PayAsync(engine);

        Assert.Equal(SettlementStatus.Confirmed, await engine.StatusAsync(await PayAsync(engine)));
        Assert.True(engine.Desk.Health.Single().IsHealthy);

        (engine.Chain.SafeDepth, engine.Chain.TellsFinality) = (2, static truth => truth);
        engine.Chain.Mine(2);
        await engine.UntilAsync(first, SettlementStatus.Safe);
    }

    private static async Task<Payment> PayAsync(Engine engine)
    {
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        var answer = await engine.AnswerAsync(payment);
        Assert.True(answer.Response.Success, answer.Response.ErrorReason);
        await answer.CloseAsync(delivered: true);
        engine.Chain.Automine = false;
        await engine.UntilAsync(() => engine.Desk.HeightOf(engine.Chain.Network) == engine.Chain.Height);
        return payment;
    }

    private static async Task MineAsync(Engine engine, int blocks)
    {
        engine.Chain.Mine(blocks);
        await engine.UntilAsync(() => engine.Desk.HeightOf(engine.Chain.Network) == engine.Chain.Height);
        await engine.SignerAsync();
    }

    /// <summary>What its events tell after it was submitted.</summary>
    private static async Task<string> LifeAsync(Engine engine, Payment payment) =>
        string.Join(' ', (await engine.EventsAsync(payment)).Select(type => type["settlement.".Length..]).Where(word => word is not ("reserved" or "submitted")));
}
