#if ORLEANS
using System.Reflection;
using AgentPay.Storage.Contract;
using Npgsql;

namespace AgentPay.Silo.Cluster;

/// <summary>Brings the database the tables and queries Orleans works with, before it starts. The scripts may run any number of times; an advisory lock lets one process at a time.</summary>
internal sealed class ClusterSchema(ClusterDatabase database) : IHostedService
{
    private const string Prefix = "cluster/";

    /// <summary>"agentcls" in ASCII; not the store's lock, whose migrations are another matter.</summary>
    private const long Lock = 0x6167_656e_7463_6c73;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({Lock})", cancellationToken);
            foreach (var script in Scripts())
            {
                await ExecuteAsync(connection, script, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }
        catch (NpgsqlException failure)
        {
            throw new StoreUnavailableException($"The cluster's tables could not be made in the database: {failure.Message}", failure);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static IEnumerable<string> Scripts()
    {
        var program = Assembly.GetExecutingAssembly();
        foreach (var name in program.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(program.GetManifestResourceStream(name)!);
            yield return reader.ReadToEnd();
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
#endif
