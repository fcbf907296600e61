using System.Globalization;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Reading;

/// <summary>Reads the event log.</summary>
internal static class EventQueries
{
    internal static IReadOnlyList<StoredEvent> ReadLog(SqliteConnection connection, (string Account, long After, int CountMax) asked)
    {
        var select = connection.Statement("""
            SELECT e.position, e.previous, e.id, e.type, e.object, e.object_sequence, e.created_at, e.body, l.account
            FROM event_logs l JOIN events e ON e.position > (l.log << 40) + ?2 AND e.position < ((l.log + 1) << 40)
            WHERE l.account = ?1 ORDER BY e.position LIMIT ?3
            """).Bind(1, asked.Account).Bind(2, Math.Clamp(asked.After, 0, (1L << 40) - 1)).Bind(3, asked.CountMax);
        var events = new List<StoredEvent>();
        while (select.Step())
        {
            events.Add(Event(select));
        }

        return events;
    }

    internal static IReadOnlyList<StoredEvent> ReadObject(SqliteConnection connection, string @object)
    {
        var select = connection.Statement("""
            WITH RECURSIVE chain (position) AS (
                SELECT last_position FROM event_objects WHERE object = ?1
                UNION ALL
                SELECT e.previous FROM chain c JOIN events e ON e.position = c.position WHERE e.previous IS NOT NULL)
            SELECT e.position, e.previous, e.id, e.type, e.object, e.object_sequence, e.created_at, e.body, l.account
            FROM chain c JOIN events e ON e.position = c.position JOIN event_logs l ON l.log = e.position >> 40
            """).Bind(1, @object);
        var events = new List<StoredEvent>();
        while (select.Step())
        {
            var entry = Event(select);
            Invariant.That(entry.Object == @object, "An event chain belongs to one object.");
            events.Add(entry);
        }

        events.Sort(static (one, other) => one.ObjectSequence.CompareTo(other.ObjectSequence));
        return events;
    }

    private static StoredEvent Event(SqliteStatement row)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"evt_{new Guid(row.GetBytes(2), bigEndian: true):N}");
        return new StoredEvent(
            id, row.GetText(8), EventLogs.SequenceOf(row.GetInt64(0)), row.GetText(3), row.GetText(4), row.GetInt64(5), row.GetBytes(7).ToArray(), StoredTime.ToTime(row.GetInt64(6)));
    }
}
