namespace AgentPay.SystemTests.World;

/// <summary>A chain with Permit2 and a token that has neither permits nor EIP-3009; the demo sells for it.</summary>
public abstract class PlainTokenWorld : EngineOnChain
{
    private protected const string Token = "TestPlainToken";

    private protected abstract Task<TestChain> StartEmptyAsync();

    private protected sealed override async Task<TestChain> StartChainAsync()
    {
        var chain = await StartEmptyAsync();
        await chain.PutPermit2Async();
        return chain;
    }

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Demo__TransferMethod"] = "permit2";
        settings["AgentPay__Chains__0__Tokens__0__TakesPermits"] = "false";
        settings.Remove("AgentPay__Chains__0__Tokens__0__Name");
        settings.Remove("AgentPay__Chains__0__Tokens__0__Version");
        return settings;
    }
}

/// <summary>Gas has a price.</summary>
public sealed class PricedPlainTokenWorld : PlainTokenWorld
{
    private protected override Task<TestChain> StartEmptyAsync() => TestChain.StartWithTokenAsync(Token);
}

/// <summary>Gas is free, and there is a fee market.</summary>
public sealed class FreePlainTokenWorld : PlainTokenWorld
{
    private protected override Task<TestChain> StartEmptyAsync() => TestChain.StartZeroBaseFeeAsync(Token);
}

/// <summary>Gas is free, and the rules are those before the fee market.</summary>
public sealed class OldPlainTokenWorld : PlainTokenWorld
{
    private protected override Task<TestChain> StartEmptyAsync() => TestChain.StartZeroGasAsync(Token);
}

/// <summary>Gas has a price, and the engine gives payers what they lack; between it and its node is a proxy that stops calls.</summary>
public sealed class GasMoneyWorld : PlainTokenWorld
{
    /// <summary>Wei that the engine gives on a day.</summary>
    internal const ulong PerDay = 10_000_000_000_000_000;

    /// <summary>The same of this world.</summary>
    internal ulong Budget { get; init; } = PerDay;

    internal RpcProxy Proxy { get; private set; } = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Proxy is not null)
        {
            await Proxy.DisposeAsync();
        }
    }

    /// <summary>Many empty blocks leave of the base fee a trace, so that gas costs the node's tip, 1 gwei, all the time.</summary>
    private protected override async Task<TestChain> StartEmptyAsync()
    {
        var chain = await TestChain.StartWithTokenAsync(Token);
        await chain.CallAsync("anvil_mine", "0xc8");
        return chain;
    }

    private protected override async Task<Uri> RpcAsync()
    {
        Proxy = await RpcProxy.StartAsync(Chain.Url);
        return Proxy.Url;
    }

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings = base.Change(settings);
        settings["AgentPay__Chains__0__ApprovalGasMoneyPerDay"] = Budget.ToString(System.Globalization.CultureInfo.InvariantCulture);
        settings["AgentPay__Facilitator__SettleWaitSeconds"] = "2";
        return settings;
    }
}
