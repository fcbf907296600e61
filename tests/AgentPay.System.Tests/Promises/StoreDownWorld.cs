using AgentPay.Storage.Tests.Postgres;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Promises;

/// <summary>A chain that mines after each request that sends, and an engine on it whose store is a PostgreSQL of its own.</summary>
public sealed class StoreDownWorld : EngineOnChain
{
    private readonly PrivatePostgres _postgres = new();
    private RpcProxy? _node;

    internal PrivatePostgres Postgres => _postgres;

    internal string Database { get; private set; } = "";

    public override async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        Database = await _postgres.AddSchemaAsync();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        await _postgres.DisposeAsync();
    }

    private protected override Task<TestChain> StartChainAsync() => TestChain.StartAsync("--no-mining");

    private protected override async Task<Uri> RpcAsync() => (_node = await RpcProxy.StartAsync(Chain.Url, minesWhatIsSent: true)).Url;

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Postgres"] = Database;
        return settings;
    }
}
