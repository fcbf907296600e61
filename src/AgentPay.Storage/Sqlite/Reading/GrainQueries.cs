using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Reading;

/// <summary>Reads grains, answers, messages and deadlines.</summary>
internal static class GrainQueries
{
    internal static StoredState? Read(SqliteConnection connection, GrainRef grain)
    {
        var select = connection.Statement("SELECT g.version, g.state FROM grains g JOIN words w ON w.id = g.type WHERE g.key_hash = ?1 AND g.key = ?2 AND w.word = ?3")
            .Bind(1, connection.Hash.Of(grain.Key)).Bind(2, grain.Key).Bind(3, grain.Type);
        if (!select.Step())
        {
            return null;
        }

        var state = new StoredState(grain, select.GetInt64(0), select.GetBytes(1).ToArray());
        select.Reset();
        return state;
    }

    internal static IReadOnlyList<StoredState?> ReadMany(SqliteConnection connection, IReadOnlyList<GrainRef> grains)
    {
        connection.Statement("BEGIN").Execute();
        var states = new StoredState?[grains.Count];
        for (var place = 0; place < states.Length; place++)
        {
            states[place] = Read(connection, grains[place]);
        }

        connection.Statement("COMMIT").Execute();
        return states;
    }

    internal static Answer? ReadAnswer(SqliteConnection connection, (string Scope, string Key, DateTimeOffset Now) asked)
    {
        var select = connection.Statement("SELECT fingerprint, http_status, body, expires_at FROM answers WHERE key_hash = ?1 AND key = ?2 AND scope = ?3 AND expires_at >= ?4")
            .Bind(1, connection.Hash.Of(asked.Key)).Bind(2, asked.Key).Bind(3, asked.Scope).Bind(4, StoredTime.From(asked.Now));
        if (!select.Step())
        {
            return null;
        }

        var answer = new Answer(
            asked.Scope, asked.Key, select.GetBytes(0).ToArray(), checked((int)select.GetInt64(1)), select.GetBytes(2).ToArray(), StoredTime.ToTime(select.GetInt64(3)));
        select.Reset();
        return answer;
    }

    internal static IReadOnlyList<WaitingMessage> ReadMessages(SqliteConnection connection, (DateTimeOffset Before, int CountMax) asked)
    {
        var select = connection.Statement("""
            SELECT s.word, g.key, m.version, m.place, t.word, m.target_key, m.body, m.sent_at
            FROM messages m CROSS JOIN grains g ON g.id = m.source CROSS JOIN words s ON s.id = g.type CROSS JOIN words t ON t.id = m.target_type
            WHERE m.sent_at <= ?1 ORDER BY m.sent_at, m.id LIMIT ?2
            """).Bind(1, StoredTime.From(asked.Before)).Bind(2, asked.CountMax);
        var messages = new List<WaitingMessage>();
        while (select.Step())
        {
            var source = new GrainRef(select.GetText(0), select.GetText(1));
            var id = new MessageId(source, select.GetInt64(2), checked((int)select.GetInt64(3)));
            messages.Add(new WaitingMessage(
                id, new GrainRef(select.GetText(4), select.GetText(5)), select.GetBytes(6).ToArray(), StoredTime.ToTime(select.GetInt64(7))));
        }

        return messages;
    }

    internal static IReadOnlyList<DueItem> ReadDue(SqliteConnection connection, (DateTimeOffset Now, int CountMax) asked)
    {
        var select = connection.Statement("""
            SELECT w.word, g.key, d.id, d.at FROM due d CROSS JOIN grains g ON g.id = d.grain CROSS JOIN words w ON w.id = g.type
            WHERE d.at <= ?1 ORDER BY d.at, d.grain, d.id LIMIT ?2
            """).Bind(1, StoredTime.From(asked.Now)).Bind(2, asked.CountMax);
        var items = new List<DueItem>();
        while (select.Step())
        {
            items.Add(new DueItem(new GrainRef(select.GetText(0), select.GetText(1)), select.GetText(2), StoredTime.ToTime(select.GetInt64(3))));
        }

        return items;
    }

    internal static DateTimeOffset? ReadNextDue(SqliteConnection connection, int none)
    {
        var select = connection.Statement("SELECT at FROM due ORDER BY at LIMIT 1");
        if (!select.Step())
        {
            return null;
        }

        var at = StoredTime.ToTime(select.GetInt64(0));
        select.Reset();
        return at;
    }

    internal static IReadOnlyList<StoredReminder> ReadReminders(SqliteConnection connection, int none)
    {
        var select = connection.Statement("SELECT grain_type, grain_key, name, start_at, period FROM reminders ORDER BY grain_type, grain_key, name");
        var reminders = new List<StoredReminder>();
        while (select.Step())
        {
            reminders.Add(new StoredReminder(
                new GrainRef(select.GetText(0), select.GetText(1)), select.GetText(2), StoredTime.ToTime(select.GetInt64(3)),
                TimeSpan.FromTicks(select.GetInt64(4) * TimeSpan.TicksPerMicrosecond)));
        }

        return reminders;
    }
}
