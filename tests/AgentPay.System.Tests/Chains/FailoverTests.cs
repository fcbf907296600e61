using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Chains;

/// <summary>A chain behind two nodes outlives one of them, and a chain that is down halts alone.</summary>
public sealed class FailoverTests
{
    [Fact]
    public async Task A_payment_goes_on_over_the_second_node_a_chain_without_any_halts_alone_and_comes_back_by_itself()
    {
        await using var chain = await TestChain.StartAsync();
        await using var other = await TestChain.StartAsync(chainId: 8453);
        await using var first = await RpcProxy.StartAsync(chain.Url);
        await using var second = await RpcProxy.StartAsync(chain.Url);
        await using var engine = await StartAsync(chain, first, second, other);

        // The first node dies with the signed bytes in its hands.
        var payment = await NewPaymentAsync(chain);
        Task<Answer> asked;
        using (var stop = first.StopAt("eth_sendRawTransaction", RpcPoint.BeforeNode))
        {
            asked = engine.SettleAsync(payment);
            await stop.MetAsync();
            first.IsDown = true;
            stop.Release(RpcFate.Drop);
            await AssertPaidOnceAsync(chain, payment, await asked);
        }

        var nodes = (await engine.GetAsync($"/health/connectors/{chain.Network}")).Json.GetProperty("nodes").EnumerateArray().ToArray();
        Assert.Equal("in_use", nodes[1].GetProperty("status").GetString());
        Assert.Equal(1, await engine.MetricAsync("agentpay_chain_node_in_use", $"node=\"{NameOf(second)}\""));

        // Without any node the chain halts, and the other one goes on.
        second.IsDown = true;
        await Wait.UntilAsync(async () => (await engine.GetAsync($"/health/connectors/{chain.Network}")).Status == 503);
        await Wait.UntilAsync(async () => await engine.MetricAsync("agentpay_chain_node_open", $"network=\"{chain.Network}\"") == 2);
        var halted = await engine.GetAsync($"/health/connectors/{chain.Network}");
        Assert.Equal("halted", halted.Text("status"));
        Assert.DoesNotContain("the-secret-key", halted.Body, StringComparison.Ordinal);
        var waiting = await NewPaymentAsync(chain);
        Assert.Equal((503, "chain_unavailable"), ((await engine.SettleAsync(waiting)).Status, (await engine.SettleAsync(waiting)).Text("code")));
        var elsewhere = await NewPaymentAsync(other);
        await AssertPaidOnceAsync(other, elsewhere, await engine.SettleAsync(elsewhere));

        // One node back is enough, after the question that its open breaker allows.
        first.IsDown = false;
        await Wait.UntilAsync(async () => (await engine.GetAsync($"/health/connectors/{chain.Network}")).Text("status") == "healthy");
        await AssertPaidOnceAsync(chain, waiting, await engine.SettleAsync(waiting));
        Assert.DoesNotContain("the-secret-key", (await engine.GetAsync("/metrics")).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("the-secret-key", engine.Program.Output, StringComparison.Ordinal);
    }

    private static async Task<Engine> StartAsync(TestChain chain, RpcProxy first, RpcProxy second, TestChain other)
    {
        var (key, otherKey) = (Engine.NewKeyText(out var signer), Engine.NewKeyText(out var otherSigner));
        await chain.CallAsync("anvil_setBalance", signer.ToString(), "0x56bc75e2d63100000");
        await other.CallAsync("anvil_setBalance", otherSigner.ToString(), "0x56bc75e2d63100000");
        var settings = Engine.SettingsFor((chain, new Uri(first.Url, "/v2/the-secret-key"), key), (other, other.Url, otherKey));
        settings["AgentPay__Chains__0__RpcUrls__1"] = new Uri(second.Url, "/v2/the-secret-key").ToString();
        settings["AgentPay__Chains__0__BreakerSeconds"] = "2";
        var engine = new Engine(settings);
        await engine.StartAsync();
        foreach (var network in new[] { chain.Network, other.Network })
        {
            await Wait.UntilAsync(async () => (await engine.GetAsync($"/health/connectors/{network}")).Text("status") == "healthy");
        }

        return engine;
    }

    private static async Task<Payment> NewPaymentAsync(TestChain chain)
    {
        using var payer = await chain.NewPayerAsync();
        return Payment.Sign(chain, payer);
    }

    private static async Task AssertPaidOnceAsync(TestChain chain, Payment payment, Answer answer)
    {
        Assert.True(answer.IsSuccess, answer.Body);
        Assert.Equal(1, await chain.AuthorizationsUsedAsync(payment.Payer));
        Assert.Equal(1_000_000 - Payment.Price, await chain.BalanceAsync(payment.Payer));
    }

    private static string NameOf(RpcProxy proxy) => proxy.Url.GetLeftPart(UriPartial.Authority);
}
