using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>An event log and how far it has come.</summary>
internal sealed class EventLog(long number, long lastSequence)
{
    internal long Number => number;

    internal long LastSequence { get; set; } = lastSequence;
}

/// <summary>An object that is no grain, and its newest event.</summary>
internal sealed class EventObject(string name)
{
    internal string Name => name;

    internal long Number { get; set; }

    internal long Events { get; set; }

    internal long? LastEvent { get; set; }

    internal bool IsStored { get; set; }

    internal bool Changed { get; set; }
}

/// <summary>The newest place of each event log, and of each object that is no grain; the newest are remembered.</summary>
internal sealed class EventHeads(SqliteConnection connection)
{
    private const string SelectLog = "SELECT log FROM event_logs WHERE account = ?";
    private const string InsertLog = "INSERT INTO event_logs (account) VALUES (?) RETURNING log";
    private const string SelectLast = "SELECT coalesce(max(position), ?1) FROM event_positions WHERE position > ?1 AND position < ?2";
    private const string SelectObject = "SELECT id, events, last_event FROM event_objects WHERE name = ?1";
    private const string InsertObject = "INSERT INTO event_objects (id, events, last_event, name) VALUES (?1, ?2, ?3, ?4)";
    private const string UpdateObject = "UPDATE event_objects SET events = ?2, last_event = ?3 WHERE id = ?1";

    private const int RememberedMax = 32_768;

    private readonly Dictionary<string, EventLog> _logs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EventObject?> _objects = new(StringComparer.Ordinal);
    private readonly List<EventObject> _changed = [];
    private long _lastObject = -1;

    internal EventLog Log(string account)
    {
        if (_logs.TryGetValue(account, out var log))
        {
            return log;
        }

        var number = Number(SelectLog, account) ?? Number(InsertLog, account)!.Value;
        var select = connection.Statement(SelectLast).Bind(1, EventLogs.Position(number, 0)).Bind(2, EventLogs.Position(number + 1, 0));
        _ = select.Step();
        log = new EventLog(number, EventLogs.SequenceOf(select.GetInt64(0)));
        select.Reset();
        _logs.Add(account, log);
        return log;
    }

    /// <summary>The object of this name that is no grain; null when nothing happened to it yet.</summary>
    internal EventObject? Find(string name)
    {
        if (_objects.TryGetValue(name, out var found))
        {
            return found;
        }

        var select = connection.Statement(SelectObject).Bind(1, name);
        if (select.Step())
        {
            found = new EventObject(name) { Number = select.GetInt64(0), Events = select.GetInt64(1), LastEvent = select.GetInt64(2), IsStored = true };
            select.Reset();
        }

        _objects.Add(name, found);
        return found;
    }

    internal EventObject Add(string name)
    {
        _lastObject = _lastObject < 0 ? connection.ReadInt64("SELECT coalesce(max(id), 0) FROM event_objects") : _lastObject;
        var added = new EventObject(name) { Number = ++_lastObject };
        _objects[name] = added;
        return added;
    }

    internal void Change(EventObject changed)
    {
        if (!changed.Changed)
        {
            changed.Changed = true;
            _changed.Add(changed);
        }
    }

    internal void Flush()
    {
        foreach (var head in _changed)
        {
            var statement = connection.Statement(head.IsStored ? UpdateObject : InsertObject).Bind(1, head.Number).Bind(2, head.Events).Bind(3, head.LastEvent);
            if (!head.IsStored)
            {
                statement.Bind(4, head.Name);
            }

            statement.Execute();
            head.IsStored = true;
            head.Changed = false;
        }

        _changed.Clear();
    }

    internal void Begin()
    {
        if (_logs.Count > RememberedMax)
        {
            _logs.Clear();
        }

        if (_objects.Count > RememberedMax)
        {
            _objects.Clear();
        }
    }

    internal void Forget()
    {
        _logs.Clear();
        _objects.Clear();
        _changed.Clear();
        _lastObject = -1;
    }

    private long? Number(string sql, string account)
    {
        var statement = connection.Statement(sql).Bind(1, account);
        if (!statement.Step())
        {
            return null;
        }

        var number = statement.GetInt64(0);
        statement.Reset();
        return number;
    }
}
