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
        Assert.True((await settling).Response.Success);
        Assert.True(engine.Desk.Health[0].IsHealthy);
    }
}
