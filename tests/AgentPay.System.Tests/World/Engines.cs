using System.Net;
using System.Net.Sockets;
using AgentPay.Chains.Evm;
using AgentPay.Storage.Tests.Postgres;

namespace AgentPay.SystemTests.World;

/// <summary>Several engines with one database, one chain and one gas-paying key. The first one has the key.</summary>
public abstract class Engines(params string[] names) : IAsyncLifetime
{
    private const int PortMax = 32_000;
    private static int lastPort = 20_000 + (Environment.ProcessId % 10_000);

    private readonly PrivatePostgres _postgres = new();
    private readonly Dictionary<Engine, string> _records = [];
    private RpcProxy? _node;

    internal TestChain Chain { get; private set; } = null!;

    internal IReadOnlyList<Engine> All { get; private set; } = [];

    /// <summary>Stands between them and the chain.</summary>
    internal RpcProxy Node => _node!;

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
        Change(settings);
        Settings = settings;
        await Chain.CallAsync("anvil_setBalance", signer.ToString(), "0x56bc75e2d63100000");
        All = [.. names.Select(NewEngine)];
        foreach (var engine in All)
        {
            await StartAsync(engine);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in All)
        {
            await engine.DisposeAsync();
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
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts one, again too, and remembers its record: no other starts meanwhile.</summary>
    internal async Task StartAsync(Engine engine)
    {
        await engine.StartAsync();
        _records[engine] = (await new CommitAudit(Database).ProcessesAsync())[^1];
    }

    /// <summary>Who has the key's lease; null: nobody who was started here, as between a death and the takeover.</summary>
    internal async Task<Engine?> HolderAsync()
    {
        var holder = (await new CommitAudit(Database).LeaseAsync()).Holder;
        return All.FirstOrDefault(engine => _records[engine] == holder && !engine.Program.HasEnded);
    }

    /// <summary>As its caller does on a 503, with the same key: in a cluster a grain of a silo that just died cannot be reached until the others know.</summary>
    internal static async Task<Answer> AskUntilToldAsync(Engine engine, Payment payment)
    {
        Answer? answer = null;
        await Wait.UntilAsync(async () => (answer = await engine.SettleAsync(payment, "k")).Status != 503);
        return answer!;
    }

    /// <summary>On the chain each once, no nonce left out, and in the database each once, all numbered without a gap.</summary>
    /// <param name="payer">Of all payments.</param>
    /// <param name="payments">How many were paid.</param>
    /// <param name="booked">How many transfers were booked beside them.</param>
    internal async Task AssertWholeAsync(Address payer, int payments, int booked = 0)
    {
        Assert.Equal(payments, await Chain.AuthorizationsUsedAsync(payer));
        Assert.Equal((ulong)payments, await Chain.MinedOfAsync(Signer));
        foreach (var engine in All)
        {
            if (!engine.Program.HasEnded)
            {
                await StopAsync(engine);
            }
        }

        await DataFolder.AssertWholeInPostgresAsync(Database, payments + booked);
    }

    /// <summary>As an operator does: it ends by itself, and well.</summary>
    internal static async Task StopAsync(Engine engine)
    {
        engine.Program.Terminate();
        Assert.True(await engine.Program.EndAsync(30) == 0, engine.Program.Output);
    }

    private protected virtual void Change(Dictionary<string, string> settings)
    {
    }

    /// <summary>The database knows its connections by this name.</summary>
    private Engine NewEngine(string name) => new(new Dictionary<string, string>(Settings) { ["AgentPay__Postgres"] = $"{Database};Application Name={name}" }, FreePort());

    /// <summary>Below those that the system gives to clients: one of these, asking for an engine that is down, must not sit on its port.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = Interlocked.Increment(ref lastPort);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException) when (port < PortMax)
            {
                // Somebody's.
            }
        }
    }
}
