using System.Globalization;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AgentPay.Storage.Postgres;

/// <summary>
/// Brings a database to this program's schema by the numbered scripts, each in one transaction with its record. An advisory lock lets
/// one process at a time do it. Scripts expand or contract: the program before and the program after a script both run on its result.
/// A script that works for long takes its tables first: what it did before it had to step back is done again.
/// </summary>
internal static class Migrator
{
    internal const string Prefix = "postgres/";

    /// <summary>"agentpay" in ASCII: one lock for every program of this kind on the database.</summary>
    internal const long Lock = 0x6167_656e_7470_6179;

    /// <summary>After a failure the caller closes the connection, which gives the lock back.</summary>
    /// <returns>How many scripts were applied now, and the newest number.</returns>
    internal static (int Applied, int Newest) Apply(NpgsqlConnection connection, DateTimeOffset now, ILogger logger) =>
        Apply(connection, now, logger, MigrationScript.Under(Prefix));

    internal static (int Applied, int Newest) Apply(NpgsqlConnection connection, DateTimeOffset now, ILogger logger, IReadOnlyList<MigrationScript> scripts)
    {
        // A machine that stands still where a script had to step back leaves a transaction that ended; nobody waits for what that holds.
        Execute(connection, "SET idle_in_transaction_session_timeout = 0");
        using (var attempt = new NpgsqlCommand($"SELECT pg_try_advisory_lock({Lock})", connection))
        {
            if (attempt.ExecuteScalar() is not true)
            {
                logger.WaitsForMigration();
                Execute(connection, $"SELECT pg_advisory_lock({Lock})");
            }
        }

        Execute(connection, "CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)");
        var newest = MigrationScript.Check("The database", ReadRecorded(connection), scripts);
        foreach (var script in scripts.Where(script => script.Number > newest))
        {
            logger.Migrates(script.Name);
            for (var isToldOf = false; !TryApply(connection, script, now); isToldOf = true)
            {
                if (!isToldOf)
                {
                    logger.WaitsForTable(script.Name);
                }

                Execute(connection, "SELECT pg_sleep(0.5)");
            }
        }

        Execute(connection, $"SELECT pg_advisory_unlock({Lock})");
        return (scripts.Count - newest, scripts.Count);
    }

    private static List<(int Number, string Name)> ReadRecorded(NpgsqlConnection connection)
    {
        using var select = new NpgsqlCommand("SELECT number, name FROM schema_migrations ORDER BY number", connection);
        using var row = select.ExecuteReader();
        var recorded = new List<(int Number, string Name)>();
        while (row.Read())
        {
            recorded.Add((row.GetInt32(0), row.GetString(1)));
        }

        return recorded;
    }

    /// <summary>
    /// False where the script would have to wait for a table: behind one that waits for all of it everybody queues, and an engine that cannot renew its sign of life for
    /// long is taken for dead. It steps back before that, and asks again. All is one round trip: a machine that stands still for seconds leaves no transaction that waits
    /// for its next word, which the server would end.
    /// </summary>
    private static bool TryApply(NpgsqlConnection connection, MigrationScript script, DateTimeOffset now)
    {
        try
        {
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"""
                BEGIN;
                SET LOCAL lock_timeout = 200;
                {script.Text.TrimEnd().TrimEnd(';')};
                INSERT INTO schema_migrations (number, name, applied_at) VALUES ({script.Number}, '{script.Name}', {StoredTime.From(now)});
                COMMIT
                """));
            return true;
        }
        catch (PostgresException wait) when (wait.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            Execute(connection, "ROLLBACK");
            return false;
        }
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        // A large table takes as long as it takes, and so does another process's migration: an end in the middle would begin again at each start.
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        _ = command.ExecuteNonQuery();
    }
}
