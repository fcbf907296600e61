using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Reading;

/// <summary>Reads the rows that belong to a grain besides its state.</summary>
internal static class RecordQueries
{
    internal static IReadOnlyList<StoredRecord> Read(SqliteConnection connection, GrainRef grain)
    {
        var select = connection.Statement("SELECT id, body FROM records WHERE grain_type = ? AND grain_key = ? ORDER BY id")
            .Bind(1, grain.Type).Bind(2, grain.Key);
        var records = new List<StoredRecord>();
        while (select.Step())
        {
            records.Add(new StoredRecord(select.GetText(0), select.GetBytes(1).ToArray()));
        }

        return records;
    }
}
