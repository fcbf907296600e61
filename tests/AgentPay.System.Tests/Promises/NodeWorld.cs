using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Promises;

/// <summary>A chain that mines after each request that sends, an engine, and between them a proxy that a test controls.</summary>
public sealed class NodeWorld : EngineOnChain
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

    private protected override Task<TestChain> StartChainAsync() => TestChain.StartAsync("--no-mining");

    private protected override async Task<Uri> RpcAsync()
    {
        Proxy = await RpcProxy.StartAsync(Chain.Url, minesWhatIsSent: true);
        return Proxy.Url;
    }

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Facilitator__SettleWaitSeconds"] = "3";
        return settings;
    }
}
