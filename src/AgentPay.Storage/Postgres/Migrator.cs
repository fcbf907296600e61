using System.Globalization;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Writing;
using Npgsql;

namespace AgentPay.Storage.Postgres;

/// <summary>
/// Brings a database to this program's schema by the numbered scripts, each in one transaction with its record. An advisory lock lets
/// one process at a time do it. Scripts expand or contract: the program before and the program after a script both run on its result.
/// </summary>
internal static class Migrator
{
    internal const string Prefix = "postgres/";

    /// <summary>"agentpay" in ASCII: one lock for every program of this kind on the database.</summary>
    private const long Lock = 0x6167_656e_7470_6179;

    /// <summary>After a failure the caller closes the connection, which gives the lock back.</summary>
    /// <returns>How many scripts were applied now, and the newest number.</returns>
    internal static (int Applied, int Newest) Apply(NpgsqlConnection connection, DateTimeOffset now) => Apply(connection, now, MigrationScript.Under(Prefix));

    internal static (int Applied, int Newest) Apply(NpgsqlConnection connection, DateTimeOffset now, IReadOnlyList<MigrationScript> scripts)
    {
        Execute(connection, $"SELECT pg_advisory_lock({Lock})");
        Execute(connection, "CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)");
        using var select = new NpgsqlCommand("SELECT coalesce(max(number), 0) FROM schema_migrations", connection);
        var newest = (int)select.ExecuteScalar()!;
        if (newest > scripts.Count)
        {
            throw new StoreUnavailableException($"The database was written by a newer program: its schema is {newest}, this program knows {scripts.Count}.");
        }

        foreach (var script in scripts.Where(script => script.Number > newest))
        {
            Apply(connection, script, now);
        }

        Execute(connection, $"SELECT pg_advisory_unlock({Lock})");
        return (scripts.Count - newest, scripts.Count);
    }

    private static void Apply(NpgsqlConnection connection, MigrationScript script, DateTimeOffset now)
    {
        using var transaction = connection.BeginTransaction();
        Execute(connection, script.Text);
        Execute(connection, string.Create(
            CultureInfo.InvariantCulture,
            $"INSERT INTO schema_migrations (number, name, applied_at) VALUES ({script.Number}, '{script.Name}', {StoredTime.From(now)})"));
        transaction.Commit();
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        _ = command.ExecuteNonQuery();
    }
}
