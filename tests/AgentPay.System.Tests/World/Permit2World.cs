using System.Text.Json;
using AgentPay.Chains.Evm;

namespace AgentPay.SystemTests.World;

/// <summary>A chain with Permit2 and the x402 proxy, and between it and the engine a proxy that stops calls; the demo sells by Permit2.</summary>
public sealed class Permit2World : EngineOnChain
{
    internal RpcProxy Proxy { get; private set; } = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Proxy is not null)
        {
            await Proxy.DisposeAsync();
        }
    }

    /// <summary>A Permit2 payment of a new payer who approved Permit2.</summary>
    internal async Task<Payment> NewPermit2PaymentAsync(Func<Permit2Transfer, Permit2Transfer>? change = null, bool approved = true)
    {
        using var payer = await Chain.NewPayerAsync();
        if (approved)
        {
            await Chain.ApprovePermit2Async(payer.Address, UInt256.MaxValue);
        }

        return Payment.SignPermit2(Chain, payer, change);
    }

    /// <summary>Money moved once by Permit2 and every record of it agrees.</summary>
    internal async Task<JsonElement> AssertPaidOnceByPermit2Async(Payment payment, string transaction, ulong funds = 1_000_000)
    {
        Assert.Equal(funds - Payment.Price, await Chain.BalanceAsync(payment.Payer));
        Assert.True(await Chain.IsPermit2NonceUsedAsync(payment.Payer, Bytes32.From(payment.Permit2Transfer!.Nonce)));
        Assert.Equal("0x1", (await Chain.ReceiptAsync(transaction))!["status"].GetString());
        var settlement = (await Engine.SettlementAsync(payment))!.Value;
        Assert.Equal(transaction, settlement.GetProperty("transaction").GetString());
        AssertLedgerSumsToZero(settlement, rows: 1);
        AssertEvents(settlement, "settlement.reserved", "settlement.submitted", "settlement.confirmed");
        return settlement;
    }

    private protected override async Task<TestChain> StartChainAsync()
    {
        var chain = await TestChain.StartAsync();
        await chain.PutPermit2Async();
        await chain.PutAsync(Address.Parse("0xca11bde05977b3631167028862be2a173976ca11"), "TestMulticall3");
        return chain;
    }

    private protected override async Task<Uri> RpcAsync()
    {
        Proxy = await RpcProxy.StartAsync(Chain.Url);
        return Proxy.Url;
    }

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Demo__TransferMethod"] = "permit2";
        settings["AgentPay__Facilitator__SettleWaitSeconds"] = "2";
        return settings;
    }
}
