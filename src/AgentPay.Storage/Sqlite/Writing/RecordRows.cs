using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Rows that belong to a grain besides its state.</summary>
internal sealed class RecordRows(SqliteConnection connection)
{
    private const string Upsert = """
        INSERT INTO records (grain_type, grain_key, id, body) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (grain_type, grain_key, id) DO UPDATE SET body = excluded.body
        """;

    private const string Delete = "DELETE FROM records WHERE grain_type = ?1 AND grain_key = ?2 AND id = ?3";

    internal void Write(Commit commit)
    {
        for (var place = 0; place < commit.Records.Count; place++)
        {
            var record = commit.Records[place];
            var statement = connection.Statement(record.Body is null ? Delete : Upsert)
                .Bind(1, commit.Grain.Type).Bind(2, commit.Grain.Key).Bind(3, record.Id);
            if (record.Body is { } body)
            {
                statement.Bind(4, body.Span);
            }

            statement.Execute();
        }
    }
}
