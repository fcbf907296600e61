using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Chains;

/// <summary>A node of another chain than the configured one is not worked with.</summary>
public sealed class WrongChainTests
{
    [Fact]
    public async Task An_engine_behind_a_node_of_another_chain_is_not_ready_and_settles_nothing()
    {
        await using var named = await TestChain.StartAsync(chainId: 84532);
        await using var other = await TestChain.StartAsync(chainId: 8453);
        using var payer = await named.NewPayerAsync();
        await using var engine = new Engine(Engine.SettingsFor((named, other.Url, Engine.NewKeyText(out _))));
        await engine.StartAsync(waitUntilReady: false);
        var payment = Payment.Sign(named, payer);
        foreach (var answer in new[] { await engine.SettleAsync(payment), await engine.VerifyAsync(payment) })
        {
            Assert.Equal((503, "chain_unavailable"), (answer.Status, answer.Text("code")));
        }

        var health = await engine.GetAsync($"/health/connectors/{named.Network}");
        Assert.Equal((503, "halted"), (health.Status, health.Text("status")));
        Assert.Contains("8453", health.Text("message"), StringComparison.Ordinal);
        Assert.Equal(503, (await engine.GetAsync("/health/ready")).Status);
        Assert.Equal(200, (await engine.GetAsync("/health/live")).Status);
        Assert.Null(await engine.SettlementAsync(payment));
    }
}
