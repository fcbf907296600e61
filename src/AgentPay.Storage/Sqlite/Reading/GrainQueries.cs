using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Reading;

/// <summary>Reads grains, answers, messages and deadlines.</summary>
internal static class GrainQueries
{
    internal static StoredState? Read(SqliteConnection connection, GrainRef grain)
    {
        var select = connection.Statement("SELECT version, state FROM grains WHERE type = ? AND key = ?").Bind(1, grain.Type).Bind(2, grain.Key);
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
        var select = connection.Statement("SELECT fingerprint, http_status, body, expires_at FROM answers WHERE scope = ? AND key = ? AND expires_at >= ?")
            .Bind(1, asked.Scope).Bind(2, asked.Key).Bind(3, StoredTime.From(asked.Now));
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
            SELECT source_type, source_key, version, place, target_type, target_key, body, sent_at
            FROM messages WHERE sent_at <= ? ORDER BY sent_at, source_type, source_key, version, place LIMIT ?
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
        var select = connection.Statement("SELECT grain_type, grain_key, id, at FROM due WHERE at <= ? ORDER BY at, grain_type, grain_key, id LIMIT ?")
            .Bind(1, StoredTime.From(asked.Now)).Bind(2, asked.CountMax);
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
