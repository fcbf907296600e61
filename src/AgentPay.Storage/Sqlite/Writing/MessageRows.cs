using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Facts that wait for their receivers.</summary>
internal sealed class MessageRows(SqliteConnection connection, Words words, GrainRows grains)
{
    private const string Insert = """
        INSERT INTO messages (source, version, place, target_type, sent_at, target_key, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """;

    private const string Select = "SELECT id FROM messages WHERE source = ?1 AND version = ?2 AND place = ?3";
    private const string Delete = "DELETE FROM messages WHERE id = ?1";

    /// <summary>The row of a message that waits; null when it is gone.</summary>
    internal long? Find(MessageId id)
    {
        var source = grains.Number(id.Source);
        var select = connection.Statement(Select).Bind(1, source).Bind(2, id.Version).Bind(3, id.Index);
        if (source == 0 || !select.Step())
        {
            return null;
        }

        var row = select.GetInt64(0);
        select.Reset();
        return row;
    }

    internal void Remove(long row) => connection.Statement(Delete).Bind(1, row).Execute();

    internal void Remove(MessageId id)
    {
        if (Find(id) is { } row)
        {
            Remove(row);
        }
    }

    internal void Write(Commit commit, GrainRow row)
    {
        for (var place = 0; place < commit.Messages.Count; place++)
        {
            var message = commit.Messages[place];
            connection.Statement(Insert)
                .Bind(1, row.Number).Bind(2, commit.ExpectedVersion + 1).Bind(3, place)
                .Bind(4, words.Number(message.Target.Type)).Bind(5, StoredTime.From(commit.DecidedAt))
                .Bind(6, message.Target.Key).Bind(7, message.Body.Span).Execute();
        }
    }
}
