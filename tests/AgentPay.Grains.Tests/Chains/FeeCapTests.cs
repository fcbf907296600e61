using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Chains;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>A node's word on fees spends no more than the operator allows.</summary>
public sealed class FeeCapTests
{
    private const ulong Gwei = 1_000_000_000;

    [Theory]
    [InlineData(false, ChainSettings.MaxFeePerGasDefault + 1, Gwei)]
    [InlineData(true, ChainSettings.MaxFeePerGasDefault + 1, 0)]
    [InlineData(false, ChainSettings.MaxFeePerGasDefault, ChainSettings.MaxTipPerGasDefault + 1)]
    public async Task Above_a_cap_nothing_is_signed_and_settlements_wait_until_it_falls(bool isLegacy, ulong fee, ulong tip)
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        engine.Chain.Fees = new FeeQuote(isLegacy, fee, tip);
        await engine.UntilAsync(() => engine.Desk.Health[0].Code == "fees_above_cap", timePasses: true);
        Assert.Equal("degraded", engine.Desk.Health[0].State);

        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.Count == 1);
        engine.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((SettlementStatus.Reserved, 0), (await engine.StatusAsync(payment), engine.Chain.Submissions));

        engine.Chain.Fees = new FeeQuote(isLegacy, ChainSettings.MaxFeePerGasDefault, isLegacy ? 0 : ChainSettings.MaxTipPerGasDefault);
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
        Assert.True(engine.Desk.Health[0].IsHealthy);
    }

    [Fact]
    public async Task A_node_that_does_not_tell_what_gas_costs_still_tells_what_was_paid_and_its_last_word_counts_on()
    {
        await using var engine = await Engine.StartAsync();
        var first = engine.SettleAsync(engine.Pay());
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.TellsFees = false;
        engine.Clock.Advance(TimeSpan.FromSeconds(3));
        engine.Chain.Mine();
        engine.Chain.Mine();
        Assert.True((await first).Response.Success);
        engine.Chain.Automine = true;

        Assert.True((await engine.AnswerAsync(engine.Pay())).Response.Success);
        Assert.True(engine.Desk.Health[0].IsHealthy, engine.Desk.Health[0].Message);
    }

    [Fact]
    public async Task Started_with_a_node_that_does_not_tell_what_gas_costs_the_engine_notes_what_was_paid_and_signs_nothing_until_it_is_told()
    {
        await using var engine = await Engine.StartAsync();
        var before = engine.Pay();
        _ = engine.SettleAsync(before);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.TellsFees = false;
        await engine.KillAsync();
        engine.Chain.Automine = true;
        engine.Chain.Mine();
        await engine.UntilAsync(before, SettlementStatus.Confirmed);
        Assert.Equal(("degraded", "node_unavailable"), (engine.Desk.Health[0].State, engine.Desk.Health[0].Code));

        var settling = engine.SettleAsync(engine.Pay());
        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.Count == 1);
        Assert.Single((await engine.SignerAsync()).Transactions);
        engine.Chain.TellsFees = true;
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
    }
}
