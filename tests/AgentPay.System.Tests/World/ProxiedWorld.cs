namespace AgentPay.SystemTests.World;

/// <summary>A chain, an engine, and between them a proxy that a test controls.</summary>
public class ProxiedWorld : EngineOnChain
{
    internal RpcProxy Proxy { get; private set; } = null!;

    /// <summary>Whether a block is mined after each request that sends; else the chain mines as it is started to.</summary>
    private protected virtual bool MinesWhatIsSent => false;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Proxy is not null)
        {
            await Proxy.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    private protected override Task<TestChain> StartChainAsync() => MinesWhatIsSent ? TestChain.StartAsync("--no-mining") : base.StartChainAsync();

    private protected override async Task<Uri> RpcAsync()
    {
        Proxy = await RpcProxy.StartAsync(Chain.Url, MinesWhatIsSent);
        return Proxy.Url;
    }
}
