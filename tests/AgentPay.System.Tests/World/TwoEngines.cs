using AgentPay.Chains.Evm;
using AgentPay.Storage.Tests.Postgres;

namespace AgentPay.SystemTests.World;

/// <summary>Two engines with one database, one chain and one gas-paying key. The first one has the key.</summary>
public sealed class TwoEngines : IAsyncLifetime
{
    internal const string FirstName = "first";
    internal const string SecondName = "second";

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
        First = NewEngine(FirstName);
        Second = NewEngine(SecondName);
        await First.StartAsync();
        await Second.StartAsync();
    }

    /// <summary>The database knows its connections by this name.</summary>
    private Engine NewEngine(string name) => new(new Dictionary<string, string>(Settings) { ["AgentPay__Postgres"] = $"{Database};Application Name={name}" });

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

    /// <summary>As its caller does on a 503, with the same key: in a cluster a grain of a silo that just died cannot be reached until the others know.</summary>
    internal static async Task<Answer> AskUntilToldAsync(Engine engine, Payment payment)
    {
        Answer? answer = null;
        await Wait.UntilAsync(async () => (answer = await engine.SettleAsync(payment, "k")).Status != 503);
        return answer!;
    }

    /// <summary>On the chain each once, no nonce left out, and in the database each once, all numbered without a gap.</summary>
    internal async Task AssertWholeAsync(Address payer, int payments)
    {
        Assert.Equal(payments, await Chain.AuthorizationsUsedAsync(payer));
        Assert.Equal((ulong)payments, await Chain.MinedOfAsync(Signer));
        foreach (var engine in (Engine[])[First, Second])
        {
            if (!engine.Program.HasEnded)
            {
                engine.Program.Terminate();
                Assert.True(await engine.Program.EndAsync(30) == 0, engine.Program.Output);
            }
        }

        await DataFolder.AssertWholeInPostgresAsync(Database, payments);
    }
}
