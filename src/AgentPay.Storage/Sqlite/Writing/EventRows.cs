using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Appends events: numbers are given here, inside the transaction, to commits that have won.</summary>
internal sealed class EventRows(SqliteConnection connection)
{
    private const string Insert = """
        INSERT INTO events (position, previous, id, type, object, object_sequence, created_at, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """;

    private const string SelectLog = "SELECT log, last_sequence FROM event_logs WHERE account = ?";
    private const string InsertLog = "INSERT INTO event_logs (account, log, last_sequence) VALUES (?, (SELECT coalesce(max(log), 0) + 1 FROM event_logs), 0) RETURNING log, last_sequence";
    private const string UpdateLog = "UPDATE event_logs SET last_sequence = ?2 WHERE account = ?1";
    private const string SelectObject = "SELECT last_sequence, last_position FROM event_objects WHERE object = ?";
    private const string InsertObject = "INSERT INTO event_objects (object, last_sequence, last_position) VALUES (?1, ?2, ?3)";
    private const string UpdateObject = "UPDATE event_objects SET last_sequence = ?2, last_position = ?3 WHERE object = ?1";

    private readonly Dictionary<string, Log> _logs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ObjectHead> _objects = new(StringComparer.Ordinal);

    internal void Write(Commit commit)
    {
        for (var place = 0; place < commit.Events.Count; place++)
        {
            Write(commit.Events[place], commit);
        }
    }

    /// <summary>Writes the heads of the logs and objects that events were added to.</summary>
    internal void Flush()
    {
        foreach (var (account, log) in _logs)
        {
            connection.Statement(UpdateLog).Bind(1, account).Bind(2, log.LastSequence).Execute();
        }

        foreach (var (name, head) in _objects)
        {
            connection.Statement(head.IsNew ? InsertObject : UpdateObject).Bind(1, name).Bind(2, head.LastSequence).Bind(3, head.LastPosition!.Value).Execute();
        }
    }

    internal void Clear()
    {
        _logs.Clear();
        _objects.Clear();
    }

    private void Write(EventDraft draft, Commit commit)
    {
        var log = LogOf(commit.Account ?? EventShards.Of(draft.Object));
        var head = HeadOf(draft.Object);
        var position = EventLogs.Position(log.Number, ++log.LastSequence);
        Span<byte> id = stackalloc byte[16];
        Guid.CreateVersion7(commit.DecidedAt).TryWriteBytes(id, bigEndian: true, out _);
        connection.Statement(Insert)
            .Bind(1, position).Bind(2, head.LastPosition).Bind(3, id).Bind(4, draft.Type).Bind(5, draft.Object)
            .Bind(6, ++head.LastSequence).Bind(7, StoredTime.From(commit.DecidedAt)).Bind(8, draft.Body.Span)
            .Execute();
        head.LastPosition = position;
    }

    private Log LogOf(string account)
    {
        if (_logs.TryGetValue(account, out var log))
        {
            return log;
        }

        var select = connection.Statement(SelectLog).Bind(1, account);
        if (!select.Step())
        {
            select = connection.Statement(InsertLog).Bind(1, account);
            _ = select.Step();
        }

        log = new Log { Number = select.GetInt64(0), LastSequence = select.GetInt64(1) };
        select.Reset();
        _logs.Add(account, log);
        return log;
    }

    private ObjectHead HeadOf(string name)
    {
        if (_objects.TryGetValue(name, out var head))
        {
            return head;
        }

        head = new ObjectHead { IsNew = true };
        var select = connection.Statement(SelectObject).Bind(1, name);
        if (select.Step())
        {
            head = new ObjectHead { LastSequence = select.GetInt64(0), LastPosition = select.GetInt64(1) };
            select.Reset();
        }

        _objects.Add(name, head);
        return head;
    }

    private sealed class Log
    {
        internal long Number { get; init; }

        internal long LastSequence { get; set; }
    }

    private sealed class ObjectHead
    {
        internal bool IsNew { get; init; }

        internal long LastSequence { get; set; }

        internal long? LastPosition { get; set; }
    }
}
