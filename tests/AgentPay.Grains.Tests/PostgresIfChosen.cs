using AgentPay.Grains.Tests;
using AgentPay.Storage.Tests.Postgres;
using AgentPay.Testing;

[assembly: AssemblyFixture(typeof(PostgresIfChosen))]

namespace AgentPay.Grains.Tests;

/// <summary>The server of the whole assembly when its engines are to run on PostgreSQL; otherwise nothing is started.</summary>
public sealed class PostgresIfChosen : IAsyncLifetime
{
    private static PrivatePostgres? _server;

    /// <summary>An empty database for one engine; null when engines have files.</summary>
    public static async Task<string?> AddDatabaseAsync() => ChosenStore.IsPostgres ? await _server!.AddDatabaseAsync() : null;

    /// <summary>Removes an engine's database, when it had one and is closed.</summary>
    public static Task DropDatabaseAsync(string? connectionString) =>
        connectionString is null ? Task.CompletedTask : _server!.DropDatabaseAsync(connectionString);

    public async ValueTask InitializeAsync()
    {
        if (ChosenStore.IsPostgres)
        {
            _server = new PrivatePostgres();
            await _server.InitializeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
