using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Deadlines that stand.</summary>
internal sealed class DueRows(SqliteConnection connection, GrainRows grains)
{
    private const string Upsert = "INSERT INTO due (grain, id, at) VALUES (?1, ?2, ?3) ON CONFLICT (grain, id) DO UPDATE SET at = excluded.at";
    private const string Delete = "DELETE FROM due WHERE grain = ?1 AND id = ?2";
    private const string DeleteAt = "DELETE FROM due WHERE grain = ?1 AND id = ?2 AND at = ?3";

    internal void Write(Commit commit, GrainRow row)
    {
        for (var place = 0; place < commit.Due.Count; place++)
        {
            var due = commit.Due[place];
            var statement = connection.Statement(due.At is null ? Delete : Upsert).Bind(1, row.Number).Bind(2, due.Id);
            if (due.At is { } at)
            {
                statement.Bind(3, StoredTime.From(at));
            }

            statement.Execute();
        }
    }

    /// <summary>Removes it if it still stands at this time.</summary>
    internal void Clear(DueItem item) =>
        connection.Statement(DeleteAt).Bind(1, grains.Number(item.Grain)).Bind(2, item.Id).Bind(3, StoredTime.From(item.At)).Execute();
}
