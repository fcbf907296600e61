using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Reading;

/// <summary>Reads the rows that belong to a grain besides its state.</summary>
internal static class RecordQueries
{
    /// <summary>The rows, and over them the changes that have not come to their places yet, in one snapshot.</summary>
    internal static IReadOnlyList<StoredRecord> Read(SqliteConnection connection, GrainRef grain)
    {
        connection.Statement("BEGIN").Execute();
        var records = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        if (Number(connection, grain) is { } number)
        {
            ReadRows(connection, number, records);
            LayChanges(connection, number, records);
        }

        connection.Statement("COMMIT").Execute();
        return [.. records.Select(record => new StoredRecord(record.Key, record.Value))];
    }

    private static long? Number(SqliteConnection connection, GrainRef grain)
    {
        var select = connection.Statement("SELECT g.id FROM grains g JOIN words w ON w.id = g.type WHERE g.key_hash = ?1 AND g.key = ?2 AND w.word = ?3")
            .Bind(1, connection.Hash.Of(grain.Key)).Bind(2, grain.Key).Bind(3, grain.Type);
        if (!select.Step())
        {
            return null;
        }

        var number = select.GetInt64(0);
        select.Reset();
        return number;
    }

    private static void ReadRows(SqliteConnection connection, long grain, SortedDictionary<string, ReadOnlyMemory<byte>> into)
    {
        var select = connection.Statement("SELECT id, body FROM records WHERE grain = ?1").Bind(1, grain);
        while (select.Step())
        {
            into.Add(select.GetText(0), select.GetBytes(1).ToArray());
        }
    }

    private static void LayChanges(SqliteConnection connection, long grain, SortedDictionary<string, ReadOnlyMemory<byte>> over)
    {
        var select = connection.Statement("SELECT body FROM record_changes ORDER BY batch");
        while (select.Step())
        {
            foreach (var (_, id, body) in RecordChanges.Read(select.GetBytes(0).ToArray(), onlyOf: grain))
            {
                if (body is { } newest)
                {
                    over[id] = newest;
                }
                else
                {
                    over.Remove(id);
                }
            }
        }
    }
}
