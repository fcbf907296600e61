using AgentPay.Storage.Tests.Postgres;

namespace AgentPay.SystemTests.World;

/// <summary>A chain that mines each transaction at once, and an engine on it whose store is a PostgreSQL of its own.</summary>
public class PostgresWorld : ProxiedWorld
{
    private readonly PrivatePostgres _postgres = new();

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
        await _postgres.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Postgres"] = Database;
        return settings;
    }
}
