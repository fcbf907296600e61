using System.Security.Cryptography;
using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Clients;

/// <summary>Clients that are not ours pay at the demo's seller.</summary>
public abstract class ClientTests(EngineOnChain world)
{
    [Theory]
    [InlineData("agent.mjs")]
    [InlineData("pay-v1.mjs")]
    public async Task The_client_pays_and_gets_the_quote(string client)
    {
        var bytes = RandomNumberGenerator.GetBytes(32);
        using var payer = new EvmSigner(bytes);
        await world.Chain.MintAsync(payer.Address, 1_000_000);
        var before = await world.Chain.BalanceAsync(world.Chain.Merchant);
        await using var agent = Program.Start(
            "node", [Path.Combine(Places.Devnet, client), $"{world.Engine.Url}demo/quote", "--key", "0x" + Convert.ToHexStringLower(bytes), "--json"]);
        var code = await agent.EndAsync();
        Assert.True(code == 0, agent.Output);
        var report = System.Text.Json.JsonDocument.Parse(agent.Output).RootElement;
        Assert.Equal(200, report.GetProperty("status").GetInt32());
        Assert.NotEmpty(report.GetProperty("body").GetProperty("text").GetString()!);
        var receipt = report.GetProperty("receipt");
        Assert.True(receipt.GetProperty("success").GetBoolean());
        Assert.Equal("0x1", (await world.Chain.ReceiptAsync(receipt.GetProperty("transaction").GetString()!))!["status"].GetString());
        Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payer.Address));
        Assert.Equal(before + Payment.Price, await world.Chain.BalanceAsync(world.Chain.Merchant));
        Assert.Equal(1_000_000 - Payment.Price, await world.Chain.BalanceAsync(payer.Address));
    }
}

public sealed class ClientsOnAPricedChain(AutomineWorld world) : ClientTests(world), IClassFixture<AutomineWorld>;

public sealed class ClientsOnAZeroGasChain(ZeroGasWorld world) : ClientTests(world), IClassFixture<ZeroGasWorld>;
