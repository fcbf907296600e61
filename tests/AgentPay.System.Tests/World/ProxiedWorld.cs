namespace AgentPay.SystemTests.World;

/// <summary>A chain, an engine, and between them a proxy that a test controls.</summary>
public sealed class ProxiedWorld : EngineOnChain
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

    private protected override async Task<Uri> RpcAsync()
    {
        Proxy = await RpcProxy.StartAsync(Chain.Url);
        return Proxy.Url;
    }
}
