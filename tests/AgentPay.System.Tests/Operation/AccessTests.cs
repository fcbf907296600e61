using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Operation;

/// <summary>Who is served, and for how long somebody whose payments fail is.</summary>
public sealed class AccessTests(SharedChain world) : IClassFixture<SharedChain>
{
    private const string Key = "a-key-of-more-than-24-characters";

    [Fact]
    public async Task With_an_allow_list_only_payments_to_its_addresses_are_served()
    {
        await using var engine = await world.NewEngineAsync(
            ("AgentPay__Facilitator__Access", "payTo"), ("AgentPay__Facilitator__PayTo__0", world.Chain.Merchant.ToString().ToUpperInvariant().Replace('X', 'x')));
        using var payer = await world.Chain.NewPayerAsync();
        var other = Payment.Sign(world.Chain, payer);
        other.Requirements["payTo"] = "0x2222222222222222222222222222222222222222";
        other.Payload["accepted"]!["payTo"] = "0x2222222222222222222222222222222222222222";
        Assert.Equal("invalid_payment_requirements", (await engine.VerifyAsync(other)).Text("invalidReason"));
        Assert.Equal("invalid_payment_requirements", (await engine.SettleAsync(other)).ErrorReason);

        var settled = await engine.SettleAsync(Payment.Sign(world.Chain, payer));
        Assert.True(settled.IsSuccess, settled.Body);
    }

    [Fact]
    public async Task With_keys_only_callers_who_present_one_are_served()
    {
        await using var engine = await world.NewEngineAsync(("AgentPay__Facilitator__Access", "keys"), ("AgentPay__Facilitator__Keys__0", Key));
        using var payer = await world.Chain.NewPayerAsync();
        var payment = Payment.Sign(world.Chain, payer);
        foreach (var wrong in new[] { "", "Bearer", $"Bearer {Key[..^1]}", $"Bearer {Key.ToUpperInvariant()}", $"Bearer {Key}x", $"Basic {Key}", Key })
        {
            foreach (var path in new[] { "/facilitator/verify", "/facilitator/settle" })
            {
                var refused = await engine.PostAsync(path, payment.Json, ("Authorization", wrong));
                Assert.Equal((401, "api_key_required"), (refused.Status, refused.Text("code")));
            }
        }

        Assert.Equal(401, (await engine.GetAsync($"/v1/settlements/{payment.Settlement}")).Status);
        var settled = await engine.PostAsync("/facilitator/settle", payment.Json, ("Authorization", $"Bearer {Key}"));
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(200, (await engine.GetAsync($"/v1/settlements/{payment.Settlement}", ("Authorization", $"Bearer {Key}"))).Status);
    }

    [Theory]
    [InlineData("/facilitator/verify", "open")]
    [InlineData("/facilitator/settle", "open")]
    [InlineData("/facilitator/verify", "payTo")]
    [InlineData("/facilitator/settle", "payTo")]
    public async Task A_caller_whose_requests_fail_too_often_has_to_wait(string path, string access)
    {
        const int Failures = 10;
        await using var engine = await world.NewEngineAsync(
            ("AgentPay__Facilitator__Access", access), ("AgentPay__Facilitator__CallerFailuresMax", "10"));
        using var payer = await world.Chain.NewPayerAsync();
        var payment = Payment.Sign(world.Chain, payer);
        if (access == "open")
        {
            payment.Authorization["value"] = "1";
        }

        for (var i = 0; i < Failures; i++)
        {
            Assert.Equal(200, (await engine.PostAsync(path, payment.Json)).Status);
        }

        var refused = await engine.PostAsync(path, payment.Json);
        Assert.Equal((429, "too_many_failures"), (refused.Status, refused.Text("code")));
        Assert.InRange(int.Parse(refused.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 1, 60);
    }

    [Fact]
    public async Task A_payer_whose_settlements_cost_gas_in_vain_has_to_wait()
    {
        await using var proxy = await RpcProxy.StartAsync(world.Chain.Url);
        await using var engine = await world.NewEngineAsync(("AgentPay__Facilitator__PayerFailuresMax", "1"), ("AgentPay__Chains__0__RpcUrls__0", proxy.Url.ToString()));
        using var payer = await world.Chain.NewPayerAsync(Payment.Price);
        Task<Answer> asked;
        using (var stop = proxy.StopAt("eth_sendRawTransaction", RpcPoint.BeforeNode))
        {
            asked = engine.SettleAsync(Payment.Sign(world.Chain, payer));
            await stop.MetAsync();
            var away = new AbiWriter("transfer(address,uint256)").Address(world.Chain.Merchant).Number(Payment.Price).ToArray();
            await world.Chain.SendAsAsync(payer.Address, world.Chain.Token, away);
        }

        Assert.Equal("invalid_exact_evm_transaction_failed", (await asked).ErrorReason);
        await world.Chain.MintAsync(payer.Address, 1_000_000);
        var refused = await engine.SettleAsync(Payment.Sign(world.Chain, payer));
        Assert.Equal((429, "too_many_failures"), (refused.Status, refused.Text("code")));
        Assert.InRange(int.Parse(refused.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 1, 600);

        using var other = await world.Chain.NewPayerAsync();
        var settled = await engine.SettleAsync(Payment.Sign(world.Chain, other));
        Assert.True(settled.IsSuccess, settled.Body);
    }
}
