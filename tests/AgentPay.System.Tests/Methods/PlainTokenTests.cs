using System.Text.Json.Nodes;
using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Methods;

/// <summary>A token with neither permits nor EIP-3009 is moved by Permit2, and a payment that wants more of it is refused before anything is sent.</summary>
public sealed class PlainTokenTests(PricedPlainTokenWorld world) : IClassFixture<PricedPlainTokenWorld>
{
    [Fact]
    public async Task By_permit2_it_is_paid_with()
    {
        using var payer = await world.Chain.NewPayerAsync();
        await world.Chain.ApprovePermit2Async(payer.Address, Payment.Price);

        var settled = await world.Engine.SettleAsync(Payment.SignPermit2(world.Chain, payer));
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal((world.Chain.Merchant, (UInt256)Payment.Price, settled.Transaction), Assert.Single(await world.Chain.TransfersFromAsync(payer.Address)));
    }

    [Fact]
    public async Task By_eip3009_it_is_refused()
    {
        using var payer = await world.Chain.NewPayerAsync();

        await AssertRefusedAsync(Payment.Sign(world.Chain, payer), "invalid_exact_evm_token_name_mismatch");
    }

    [Fact]
    public async Task A_permit_of_it_is_refused()
    {
        using var payer = await world.Chain.NewPayerAsync();
        var payment = Payment.SignPermit2(world.Chain, payer);
        payment.Payload["extensions"] = new JsonObject
        {
            ["eip2612GasSponsoring"] = new JsonObject
            {
                ["info"] = new JsonObject
                {
                    ["from"] = payer.Address.ToString(),
                    ["asset"] = world.Chain.Token.ToString(),
                    ["spender"] = Permit2.Contract.ToString(),
                    ["amount"] = payment.Permit2Transfer!.Value.ToString(),
                    ["nonce"] = "0",
                    ["deadline"] = payment.Permit2Transfer.Deadline.ToString(),
                    ["signature"] = "0x" + Convert.ToHexStringLower(payer.SignDigest(Bytes32.Keccak("a permit"u8)).ToArray()),
                    ["version"] = "1",
                },
            },
        };

        await AssertRefusedAsync(payment, "permit2_allowance_required");
    }

    private async Task AssertRefusedAsync(Payment payment, string code)
    {
        var before = await world.Chain.MinedOfAsync(world.Signer);
        Assert.Equal(code, (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        Assert.Equal(code, (await world.Engine.SettleAsync(payment)).ErrorReason);
        Assert.Equal(before, await world.Chain.MinedOfAsync(world.Signer));
    }
}
