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
            SELECT e.position, e.public_id, w.word, coalesce(g.key, o.name), e.object_sequence, e.created_at, e.body, l.account
            FROM event_logs l CROSS JOIN event_positions p ON p.position > (l.log << 40) + ?2 AND p.position < ((l.log + 1) << 40)
            CROSS JOIN events e ON e.id = p.event CROSS JOIN words w ON w.id = e.type
            LEFT JOIN grains g ON g.id = e.object LEFT JOIN event_objects o ON o.id = -e.object
            WHERE l.account = ?1 ORDER BY p.position LIMIT ?3
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
            WITH RECURSIVE chain (id) AS (
                SELECT last_event FROM grains WHERE key_hash = ?1 AND key = ?2 AND events > 0
                UNION ALL
                SELECT last_event FROM event_objects WHERE name = ?2
                UNION ALL
                SELECT e.previous FROM chain c JOIN events e ON e.id = c.id WHERE e.previous IS NOT NULL)
            SELECT e.position, e.public_id, w.word, coalesce(g.key, o.name), e.object_sequence, e.created_at, e.body, l.account
            FROM chain c CROSS JOIN events e ON e.id = c.id CROSS JOIN words w ON w.id = e.type CROSS JOIN event_logs l ON l.log = e.position >> 40
            LEFT JOIN grains g ON g.id = e.object LEFT JOIN event_objects o ON o.id = -e.object
            """).Bind(1, connection.Hash.Of(@object)).Bind(2, @object);
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
        var id = string.Create(CultureInfo.InvariantCulture, $"evt_{new Guid(row.GetBytes(1), bigEndian: true):N}");
        return new StoredEvent(
            id, row.GetText(7), EventLogs.SequenceOf(row.GetInt64(0)), row.GetText(2), row.GetText(3), row.GetInt64(4), row.GetBytes(6).ToArray(), StoredTime.ToTime(row.GetInt64(5)));
    }
}
