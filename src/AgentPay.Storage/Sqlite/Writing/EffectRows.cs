using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Messages, deadlines, answers and reminders: rows that are read by key and go away again.</summary>
internal sealed class EffectRows(SqliteConnection connection)
{
    private const string InsertMessage = """
        INSERT INTO messages (source_type, source_key, version, place, target_type, target_key, sent_at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """;

    private const string SelectMessage = "SELECT 1 FROM messages WHERE source_type = ?1 AND source_key = ?2 AND version = ?3 AND place = ?4";
    private const string DeleteMessage = "DELETE FROM messages WHERE source_type = ?1 AND source_key = ?2 AND version = ?3 AND place = ?4";

    private const string UpsertDue = """
        INSERT INTO due (grain_type, grain_key, id, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (grain_type, grain_key, id) DO UPDATE SET at = excluded.at
        """;

    private const string DeleteDue = "DELETE FROM due WHERE grain_type = ?1 AND grain_key = ?2 AND id = ?3";
    private const string DeleteDueAt = "DELETE FROM due WHERE grain_type = ?1 AND grain_key = ?2 AND id = ?3 AND at = ?4";

    private const string SelectAnswer = "SELECT 1 FROM answers WHERE scope = ?1 AND key = ?2 AND expires_at >= ?3";

    private const string ReplaceAnswer = """
        INSERT OR REPLACE INTO answers (scope, key, expires_at, http_status, fingerprint, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """;

    private const string DeleteExpiredAnswers = """
        DELETE FROM answers WHERE (scope, key) IN (SELECT scope, key FROM answers WHERE expires_at < ?1 ORDER BY expires_at LIMIT 2)
        """;

    private const string UpsertReminder = """
        INSERT INTO reminders (grain_type, grain_key, name, start_at, period) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (grain_type, grain_key, name) DO UPDATE SET start_at = excluded.start_at, period = excluded.period
        """;

    private const string DeleteReminder = "DELETE FROM reminders WHERE grain_type = ?1 AND grain_key = ?2 AND name = ?3";

    internal bool MessageWaits(MessageId id) => Any(BindMessage(SelectMessage, id));

    internal void RemoveMessage(MessageId id) => BindMessage(DeleteMessage, id).Execute();

    internal bool AnswerStands(Answer answer, DateTimeOffset now) =>
        Any(connection.Statement(SelectAnswer).Bind(1, answer.Scope).Bind(2, answer.Key).Bind(3, StoredTime.From(now)));

    internal void Write(Commit commit)
    {
        for (var place = 0; place < commit.Messages.Count; place++)
        {
            var message = commit.Messages[place];
            BindMessage(InsertMessage, new MessageId(commit.Grain, commit.ExpectedVersion + 1, place))
                .Bind(5, message.Target.Type).Bind(6, message.Target.Key).Bind(7, StoredTime.From(commit.DecidedAt)).Bind(8, message.Body.Span).Execute();
        }

        for (var place = 0; place < commit.Due.Count; place++)
        {
            var due = commit.Due[place];
            var statement = connection.Statement(due.At is null ? DeleteDue : UpsertDue).Bind(1, commit.Grain.Type).Bind(2, commit.Grain.Key).Bind(3, due.Id);
            if (due.At is { } at)
            {
                statement.Bind(4, StoredTime.From(at));
            }

            statement.Execute();
        }

        if (commit.Answer is { } answer)
        {
            // Two of the expired go for each that comes, so the table follows the traffic without a sweep of its own.
            connection.Statement(DeleteExpiredAnswers).Bind(1, StoredTime.From(commit.DecidedAt)).Execute();
            connection.Statement(ReplaceAnswer)
                .Bind(1, answer.Scope).Bind(2, answer.Key).Bind(3, StoredTime.From(answer.ExpiresAt)).Bind(4, answer.HttpStatus)
                .Bind(5, answer.Fingerprint.Span).Bind(6, answer.Body.Span).Execute();
        }
    }

    internal void ClearDue(DueItem item) =>
        connection.Statement(DeleteDueAt).Bind(1, item.Grain.Type).Bind(2, item.Grain.Key).Bind(3, item.Id).Bind(4, StoredTime.From(item.At)).Execute();

    internal void Upsert(StoredReminder reminder) =>
        connection.Statement(UpsertReminder)
            .Bind(1, reminder.Grain.Type).Bind(2, reminder.Grain.Key).Bind(3, reminder.Name)
            .Bind(4, StoredTime.From(reminder.StartAt)).Bind(5, reminder.Period.Ticks / TimeSpan.TicksPerMicrosecond).Execute();

    internal void RemoveReminder(Domain.Decisions.GrainRef grain, string name) =>
        connection.Statement(DeleteReminder).Bind(1, grain.Type).Bind(2, grain.Key).Bind(3, name).Execute();

    private SqliteStatement BindMessage(string sql, MessageId id) =>
        connection.Statement(sql).Bind(1, id.Source.Type).Bind(2, id.Source.Key).Bind(3, id.Version).Bind(4, id.Index);

    private static bool Any(SqliteStatement statement)
    {
        var any = statement.Step();
        if (any)
        {
            statement.Reset();
        }

        return any;
    }
}
