using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Reading;

/// <summary>Reads the rows that belong to a grain besides its state.</summary>
internal static class RecordQueries
{
    internal static IReadOnlyList<StoredRecord> Read(SqliteConnection connection, GrainRef grain)
    {
        var select = connection.Statement("""
            SELECT r.id, r.body FROM grains g JOIN words w ON w.id = g.type JOIN records r ON r.grain = g.id
            WHERE g.key_hash = ?1 AND g.key = ?2 AND w.word = ?3 ORDER BY r.id
            """).Bind(1, connection.Hash.Of(grain.Key)).Bind(2, grain.Key).Bind(3, grain.Type);
        var records = new List<StoredRecord>();
        while (select.Step())
        {
            records.Add(new StoredRecord(select.GetText(0), select.GetBytes(1).ToArray()));
        }

        return records;
    }
}
