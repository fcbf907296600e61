using System.Text.Json;
using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Clients;

/// <summary>The unmodified client pays by Permit2 with a token that has permits.</summary>
public sealed class ClientPermitTests(Permit2World world) : IClassFixture<Permit2World>
{
    [Fact]
    public async Task Without_a_node_to_read_from_it_signs_no_approval_and_pays_only_after_one()
    {
        var buyer = await Buyer.NewAsync(world);
        await buyer.AssertRefusedAsync(await buyer.BuyAsync(canRead: false), 412, "permit2_allowance_required");

        await world.Chain.ApprovePermit2Async(buyer.Address, UInt256.MaxValue);
        await buyer.AssertPaidAsync(await buyer.BuyAsync(canRead: false));
    }

    [Fact]
    public async Task Without_gas_and_approval_it_signs_a_permit_and_pays_in_one_transaction()
    {
        var buyer = await Buyer.NewAsync(world);
        var before = await world.Chain.MinedOfAsync(world.Signer);

        var report = await buyer.BuyAsync();
        Assert.True(Buyer.Signed(report, "eip2612GasSponsoring", "signature"));
        Assert.False(Buyer.Signed(report, "erc20ApprovalGasSponsoring", "signedTransaction"));
        await buyer.AssertPaidAsync(report);
        Assert.Equal((before + 1, 0UL), (await world.Chain.MinedOfAsync(world.Signer), await world.Chain.MinedOfAsync(buyer.Address)));
        Assert.Equal(UInt256.Zero, await world.Chain.Permit2AllowanceAsync(buyer.Address));
    }
}

/// <summary>The same with a token that has none: it signs a transaction that approves (x402 v2, extension erc20ApprovalGasSponsoring).</summary>
public sealed class ClientApprovalTests(PricedPlainTokenWorld world) : IClassFixture<PricedPlainTokenWorld>
{
    private const ulong Coin = 1_000_000_000_000_000_000;

    [Fact]
    public async Task The_terms_ask_for_permit2_and_offer_no_permit()
    {
        var asked = await world.Engine.GetAsync("/demo/quote");
        using var terms = JsonDocument.Parse(Convert.FromBase64String(asked.Header("PAYMENT-REQUIRED")!));

        Assert.Equal("""{"assetTransferMethod":"permit2"}""", terms.RootElement.GetProperty("accepts")[0].GetProperty("extra").GetRawText());
        Assert.Equal(
            ["payment-identifier", "erc20ApprovalGasSponsoring"],
            terms.RootElement.GetProperty("extensions").EnumerateObject().Select(extension => extension.Name));
    }

    [Fact]
    public async Task Who_approved_before_pays_by_its_signature_alone()
    {
        var buyer = await Buyer.NewAsync(world);
        await world.Chain.ApprovePermit2Async(buyer.Address, UInt256.MaxValue);
        var before = await world.Chain.MinedOfAsync(buyer.Address);

        var report = await buyer.BuyAsync();
        Assert.False(Buyer.Signed(report, "erc20ApprovalGasSponsoring", "signedTransaction"));
        await buyer.AssertPaidAsync(report);
        Assert.Equal(before, await world.Chain.MinedOfAsync(buyer.Address));
    }

    [Fact]
    public async Task With_gas_of_its_own_its_approval_is_sent_first_and_it_pays_once_and_needs_no_other()
    {
        var buyer = await Buyer.NewAsync(world, Coin);
        var before = await world.Chain.MinedOfAsync(world.Signer);

        var report = await buyer.BuyAsync();
        Assert.True(Buyer.Signed(report, "erc20ApprovalGasSponsoring", "signedTransaction"));
        await buyer.AssertPaidAsync(report);
        Assert.Equal((before + 1, 1UL), (await world.Chain.MinedOfAsync(world.Signer), await world.Chain.MinedOfAsync(buyer.Address)));
        Assert.Equal(UInt256.MaxValue, await world.Chain.Permit2AllowanceAsync(buyer.Address));

        var second = await buyer.BuyAsync();
        Assert.False(Buyer.Signed(second, "erc20ApprovalGasSponsoring", "signedTransaction"));
        await buyer.AssertPaidAsync(second, times: 2);
        Assert.Equal(1UL, await world.Chain.MinedOfAsync(buyer.Address));
    }

    [Fact]
    public async Task Without_gas_it_is_refused_and_nothing_is_sent()
    {
        var buyer = await Buyer.NewAsync(world);
        var before = await world.Chain.MinedOfAsync(world.Signer);

        await buyer.AssertRefusedAsync(await buyer.BuyAsync(), 402, "erc20_approval_broadcast_failed");
        Assert.Equal(before, await world.Chain.MinedOfAsync(world.Signer));
    }
}

/// <summary>The same where gas is free.</summary>
public sealed class ClientFreeApprovalTests(FreePlainTokenWorld world) : IClassFixture<FreePlainTokenWorld>
{
    [Fact]
    public async Task Without_coins_it_pays_where_it_offers_nothing_for_gas()
    {
        var buyer = await Buyer.NewAsync(world);

        var report = await buyer.BuyAsync(more: ["--gas-price", "0"]);
        Assert.True(Buyer.Signed(report, "erc20ApprovalGasSponsoring", "signedTransaction"));
        await buyer.AssertPaidAsync(report);
        Assert.Equal(1UL, await world.Chain.MinedOfAsync(buyer.Address));
        Assert.Equal(UInt256.MaxValue, await world.Chain.Permit2AllowanceAsync(buyer.Address));
    }

    [Fact]
    public async Task Left_alone_it_offers_a_tip_that_who_has_no_coins_cannot_pay()
    {
        var buyer = await Buyer.NewAsync(world);

        await buyer.AssertRefusedAsync(await buyer.BuyAsync(), 402, "erc20_approval_broadcast_failed");
    }
}

/// <summary>The same before the fee market: the client signs transactions of type 2 alone, and no node takes them.</summary>
public sealed class ClientOldRulesTests(OldPlainTokenWorld world) : IClassFixture<OldPlainTokenWorld>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000_000_000_000_000)]
    public async Task It_is_refused_with_coins_and_without(ulong wei)
    {
        var buyer = await Buyer.NewAsync(world, wei);
        var before = await world.Chain.MinedOfAsync(world.Signer);

        await buyer.AssertRefusedAsync(await buyer.BuyAsync(), 402, "erc20_approval_broadcast_failed");
        Assert.Equal(before, await world.Chain.MinedOfAsync(world.Signer));
    }
}
