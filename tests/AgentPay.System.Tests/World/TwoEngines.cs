using AgentPay.Chains.Evm;
using AgentPay.Storage.Tests.Postgres;

namespace AgentPay.SystemTests.World;

/// <summary>Two engines with one database, one chain and one gas-paying key. The first one has the key.</summary>
public sealed class TwoEngines : IAsyncLifetime
{
    private readonly PrivatePostgres _postgres = new();
    private RpcProxy? _node;

    internal TestChain Chain { get; private set; } = null!;

    internal Engine First { get; private set; } = null!;

    internal Engine Second { get; private set; } = null!;

    internal Address Signer { get; private set; }

    internal IReadOnlyDictionary<string, string> Settings { get; private set; } = new Dictionary<string, string>();

    internal string Database { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        Database = await _postgres.AddSchemaAsync();
        Chain = await TestChain.StartAsync("--no-mining");
        _node = await RpcProxy.StartAsync(Chain.Url, minesWhatIsSent: true);
        var settings = Engine.SettingsFor((Chain, _node.Url, Engine.NewKeyText(out var signer)));
        Signer = signer;
        settings["AgentPay__Postgres"] = Database;
        Settings = settings;
        await Chain.CallAsync("anvil_setBalance", signer.ToString(), "0x56bc75e2d63100000");
        First = new Engine(settings);
        Second = new Engine(settings);
        await First.StartAsync();
        await Second.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in (Engine?[])[First, Second])
        {
            if (engine is not null)
            {
                await engine.DisposeAsync();
            }
        }

        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (Chain is not null)
        {
            await Chain.DisposeAsync();
        }

        await _postgres.DisposeAsync();
    }
}
