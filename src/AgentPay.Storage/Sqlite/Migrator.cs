using System.Globalization;
using System.Reflection;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite;

/// <summary>Brings a database file to this program's schema by the numbered scripts, each in one transaction with its record.</summary>
internal static class Migrator
{
    private const string Prefix = "sqlite/";

    /// <returns>The numbers applied now.</returns>
    internal static IReadOnlyList<int> Apply(SqliteConnection connection, string path, DateTimeOffset now)
    {
        connection.Execute("CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)");
        var scripts = Scripts();
        var newest = connection.ReadInt64("SELECT coalesce(max(number), 0) FROM schema_migrations");
        if (newest > scripts.Count)
        {
            throw new StoreUnavailableException($"The store '{path}' was written by a newer program: its schema is {newest}, this program knows {scripts.Count}.");
        }

        var applied = new List<int>();
        foreach (var (number, name) in scripts.Where(script => script.Number > newest))
        {
            connection.Execute("BEGIN IMMEDIATE");
            connection.Execute(Text(name));
            using (var record = connection.Prepare("INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)"))
            {
                record.Bind(1, number).Bind(2, name).Bind(3, StoredTime.From(now)).Execute();
            }

            connection.Execute("COMMIT");
            applied.Add(number);
        }

        return applied;
    }

    private static List<(int Number, string Name)> Scripts()
    {
        var scripts = Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..])
            .Order(StringComparer.Ordinal)
            .Select(name => (int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), name))
            .ToList();
        Domain.Decisions.Invariant.That(scripts.Select(script => script.Item1).SequenceEqual(Enumerable.Range(1, scripts.Count)), "Migrations are numbered from 1 without gaps.");
        return scripts;
    }

    private static string Text(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
