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

    private protected sealed override Dictionary<string, string> Change(Dictionary<string, string> settings)
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
