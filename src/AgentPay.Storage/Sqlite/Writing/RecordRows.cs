using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Rows that belong to a grain besides its state.</summary>
internal sealed class RecordRows(SqliteConnection connection)
{
    private const string Upsert = "INSERT INTO records (grain, id, body) VALUES (?1, ?2, ?3) ON CONFLICT (grain, id) DO UPDATE SET body = excluded.body";
    private const string Delete = "DELETE FROM records WHERE grain = ?1 AND id = ?2";

    internal void Write(Commit commit, GrainRow row)
    {
        for (var place = 0; place < commit.Records.Count; place++)
        {
            var record = commit.Records[place];
            var statement = connection.Statement(record.Body is null ? Delete : Upsert).Bind(1, row.Number).Bind(2, record.Id);
            if (record.Body is { } body)
            {
                statement.Bind(3, body.Span);
            }

            statement.Execute();
        }
    }
}
