using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Sqlite;

/// <summary>Brings a database file to this program's schema by the numbered scripts, each in one transaction with its record.</summary>
internal static class Migrator
{
    private const string Prefix = "sqlite/";

    /// <returns>The numbers applied now.</returns>
    internal static IReadOnlyList<int> Apply(SqliteConnection connection, string path, DateTimeOffset now) =>
        Apply(connection, path, now, MigrationScript.Under(Prefix));

    internal static IReadOnlyList<int> Apply(SqliteConnection connection, string path, DateTimeOffset now, IReadOnlyList<MigrationScript> scripts)
    {
        connection.Execute("CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)");
        var newest = MigrationScript.Check($"The store '{path}'", ReadRecorded(connection), scripts);
        var applied = new List<int>();
        foreach (var script in scripts.Where(script => script.Number > newest))
        {
            connection.Execute("BEGIN IMMEDIATE");
            connection.Execute(script.Text);
            using (var record = connection.Prepare("INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)"))
            {
                record.Bind(1, script.Number).Bind(2, script.Name).Bind(3, StoredTime.From(now)).Execute();
            }

            connection.Execute("COMMIT");
            applied.Add(script.Number);
        }

        return applied;
    }

    private static List<(int Number, string Name)> ReadRecorded(SqliteConnection connection)
    {
        using var select = connection.Prepare("SELECT number, name FROM schema_migrations ORDER BY number");
        var recorded = new List<(int Number, string Name)>();
        while (select.Step())
        {
            recorded.Add((checked((int)select.GetInt64(0)), select.GetText(1)));
        }

        return recorded;
    }
}
