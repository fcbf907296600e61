using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Operation;

/// <summary>Whether an engine is sent requests: a trouble of one key, or of the gas market, is shown and keeps nobody away.</summary>
public sealed class ReadyTests(SharedChain world) : IClassFixture<SharedChain>
{
    [Fact]
    public async Task An_engine_whose_key_has_no_gas_says_so_and_stays_ready()
    {
        var settings = await world.NewSettingsAsync(("AgentPay__Facilitator__SettleWaitSeconds", "1"));
        settings["AgentPay__Chains__0__SignerKeys__0"] = Engine.NewKeyText(out _);
        await using var engine = new Engine(settings);
        await engine.StartAsync();
        using var payer = await world.Chain.NewPayerAsync();
        var settled = await engine.SettleAsync(Payment.Sign(world.Chain, payer), "k");
        Assert.Equal("settlement_pending", settled.Json.GetProperty("errorReason").GetString());

        await Wait.UntilAsync(async () => (await ConnectorAsync(engine)).Status == "degraded");
        Assert.Equal("signer_unfunded", (await ConnectorAsync(engine)).Code);
        Assert.Equal(200, (await engine.GetAsync("/health/ready")).Status);
        Assert.Equal(1, await engine.MetricAsync("agentpay_chain_key_held"));
    }

    private static async Task<(string? Status, string? Code)> ConnectorAsync(Engine engine)
    {
        var connector = (await engine.GetAsync("/health/ready")).Json.GetProperty("connectors")[0];
        return (connector.GetProperty("status").GetString(), connector.GetProperty("code").GetString());
    }
}
