using AgentPay.Chains.Evm;

namespace AgentPay.SystemTests.World;

/// <summary>A chain where payments share transactions, an engine that sells there and answers a buyer after a second at most, and a proxy between them.</summary>
public sealed class ShopWorld : ProxiedWorld
{
    private protected override bool MinesWhatIsSent => true;

    private protected override async Task<TestChain> StartChainAsync()
    {
        var chain = await base.StartChainAsync();
        await chain.PutAsync(Multicall3.Address, "TestMulticall3");
        return chain;
    }

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Facilitator__SettleWaitSeconds"] = "1";

        // One payer stands for many.
        settings["AgentPay__Facilitator__PayerUndecidedMax"] = "100000";
        return settings;
    }
}
