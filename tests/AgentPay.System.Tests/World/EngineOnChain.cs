using System.Text.Json;
using AgentPay.Chains.Evm;

namespace AgentPay.SystemTests.World;

/// <summary>One chain, one engine on it, and what must hold of every payment.</summary>
public abstract class EngineOnChain : IAsyncLifetime
{
    private string? _key;
    private Address _signer;

    internal TestChain Chain { get; private set; } = null!;

    internal Engine Engine { get; private set; } = null!;

    /// <summary>The engine's own account, which pays the gas.</summary>
    internal Address Signer => _signer;

    public virtual async ValueTask InitializeAsync()
    {
        Chain = await StartChainAsync();
        _key = Engine.NewKeyText(out _signer);
        await Chain.CallAsync("anvil_setBalance", _signer.ToString(), "0x56bc75e2d63100000");
        Engine = new Engine(Change(Engine.SettingsFor((Chain, await RpcAsync(), _key))));
        await Engine.StartAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (Engine is not null)
        {
            await Engine.DisposeAsync();
        }

        if (Chain is not null)
        {
            await Chain.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>A payment of a new payer.</summary>
    internal async Task<Payment> NewPaymentAsync(int version = 2, Func<Eip3009Transfer, Eip3009Transfer>? change = null)
    {
        using var payer = await Chain.NewPayerAsync();
        return Payment.Sign(Chain, payer, version, change);
    }

    /// <summary>Money moved once and every record of it agrees.</summary>
    internal async Task AssertPaidOnceAsync(Payment payment, string transaction, ulong funds = 1_000_000)
    {
        Assert.Equal(1, await Chain.AuthorizationsUsedAsync(payment.Payer));
        Assert.Equal(funds - Payment.Price, await Chain.BalanceAsync(payment.Payer));
        var receipt = await Chain.ReceiptAsync(transaction);
        Assert.Equal("0x1", receipt!["status"].GetString());
        Assert.Equal(await Chain.MinedOfAsync(Signer), TestChain.Number(await Chain.CallAsync("eth_getTransactionCount", Signer.ToString(), "pending")));
        var settlement = (await Engine.SettlementAsync(payment))!.Value;
        Assert.Equal(transaction, settlement.GetProperty("transaction").GetString());
        AssertLedgerSumsToZero(settlement, rows: 1);
        AssertEvents(settlement, "settlement.reserved", "settlement.submitted", "settlement.confirmed");
    }

    internal static void AssertLedgerSumsToZero(JsonElement settlement, int rows)
    {
        var postings = settlement.GetProperty("postings").EnumerateArray().ToArray();
        Assert.Equal(2 * rows, postings.Length);
        Assert.All(
            postings.GroupBy(posting => posting.GetProperty("asset").GetString()),
            asset => Assert.Equal(0L, asset.Sum(posting => long.Parse(posting.GetProperty("amount").GetString()!, System.Globalization.CultureInfo.InvariantCulture))));
    }

    /// <summary>Exactly these events in this order, numbered without a gap.</summary>
    internal static void AssertEvents(JsonElement settlement, params string[] types)
    {
        var events = settlement.GetProperty("events").EnumerateArray().ToArray();
        Assert.Equal(types, events.Select(entry => entry.GetProperty("type").GetString()));
        Assert.Equal(Enumerable.Range(1, events.Length).Select(number => (long)number), events.Select(entry => entry.GetProperty("object_sequence").GetInt64()));
    }

    private protected virtual Task<TestChain> StartChainAsync() => TestChain.StartAsync();

    private protected virtual Task<Uri> RpcAsync() => Task.FromResult(Chain.Url);

    private protected virtual Dictionary<string, string> Change(Dictionary<string, string> settings) => settings;
}

/// <summary>A chain that mines each transaction at once.</summary>
public sealed class AutomineWorld : EngineOnChain;

/// <summary>A chain that mines only when told; a settle request gives up waiting after two seconds.</summary>
public sealed class ManualWorld : EngineOnChain
{
    private protected override Task<TestChain> StartChainAsync() => TestChain.StartAsync("--no-mining");

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Facilitator__SettleWaitSeconds"] = "2";
        return settings;
    }
}

/// <summary>A chain with a block every second.</summary>
public sealed class BlockTimeWorld : EngineOnChain
{
    private protected override Task<TestChain> StartChainAsync() => TestChain.StartAsync("--block-time 1");
}

/// <summary>A chain whose gas is free.</summary>
public sealed class ZeroGasWorld : EngineOnChain
{
    private protected override Task<TestChain> StartChainAsync() => TestChain.StartZeroGasAsync();
}
