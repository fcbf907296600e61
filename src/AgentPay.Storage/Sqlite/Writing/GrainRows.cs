using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>The grain rows of one batch, and those of earlier batches that are remembered: this writer is the only one.</summary>
internal sealed class GrainRows(SqliteConnection connection, Words words)
{
    private const string Select = "SELECT id, type, version, events, last_event, last_transfer FROM grains WHERE key_hash = ?1 AND key = ?2";

    private const string Insert = """
        INSERT INTO grains (id, key_hash, type, version, events, last_event, last_transfer, updated_at, key, status, state)
        VALUES (?1, ?8, ?9, ?2, ?3, ?4, ?5, ?6, ?10, ?11, ?7)
        """;

    private const string Update = """
        UPDATE grains SET version = ?2, events = ?3, last_event = ?4, last_transfer = ?5, updated_at = ?6, state = ?7, status = ?8
        WHERE id = ?1 AND version = ?9
        """;

    private const string UpdateEvents = "UPDATE grains SET events = ?2, last_event = ?3 WHERE id = ?1";

    private const int RememberedMax = 32_768;

    private readonly Dictionary<string, Namesakes> _byKey = new(StringComparer.Ordinal);
    private readonly List<GrainRow> _changed = [];
    private long _last = -1;

    internal GrainRow Row(GrainRef grain)
    {
        var named = Remembered(grain.Key);
        for (var row = named.First; row is not null; row = row.Namesake)
        {
            if (row.Type == grain.Type)
            {
                return row;
            }
        }

        var added = new GrainRow(grain.Type, grain.Key, named.KeyHash) { Namesake = named.First };
        _byKey[grain.Key] = named with { First = added };
        return added;
    }

    /// <summary>The number of a grain; 0 when it has no row.</summary>
    internal long Number(GrainRef grain) => Row(grain).Number;

    /// <summary>Every grain of this key, whatever its type; null for none.</summary>
    internal GrainRow? Named(string key) => Remembered(key).First;

    /// <summary>The batch will write this row; a new one gets its number.</summary>
    internal void Change(GrainRow row)
    {
        if (row.Changed)
        {
            return;
        }

        row.Changed = true;
        _changed.Add(row);
        if (row.Number == 0)
        {
            _last = _last < 0 ? connection.ReadInt64("SELECT coalesce(max(id), 0) FROM grains") : _last;
            row.Number = ++_last;
        }
    }

    /// <summary>Writes the changed rows in the order in which they lie in the file.</summary>
    internal void Flush()
    {
        _changed.Sort(static (one, other) => one.Number.CompareTo(other.Number));
        foreach (var row in _changed)
        {
            Write(row);
        }
    }

    /// <summary>The batch before is durable: what was written is what is stored.</summary>
    internal void Begin()
    {
        foreach (var row in _changed)
        {
            row.StoredVersion = row.Version;
            row.Newest = null;
            row.Changed = false;
        }

        _changed.Clear();
        if (_byKey.Count > RememberedMax)
        {
            _byKey.Clear();
        }
    }

    /// <summary>Forgets what was remembered: the transaction it came from was rolled back.</summary>
    internal void Forget()
    {
        _changed.Clear();
        _byKey.Clear();
        _last = -1;
    }

    private Namesakes Remembered(string key)
    {
        if (!_byKey.TryGetValue(key, out var named))
        {
            named = Load(key);
            _byKey.Add(key, named);
        }

        return named;
    }

    private Namesakes Load(string key)
    {
        GrainRow? first = null;
        var hash = connection.Hash.Of(key);
        var select = connection.Statement(Select).Bind(1, hash).Bind(2, key);
        while (select.Step())
        {
            first = new GrainRow(words.Word(select.GetInt64(1)), key, hash)
            {
                Namesake = first,
                Number = select.GetInt64(0),
                Version = select.GetInt64(2),
                StoredVersion = select.GetInt64(2),
                Events = select.GetInt64(3),
                LastEvent = select.GetInt64OrNull(4),
                LastTransfer = select.GetInt64OrNull(5),
            };
        }

        return new Namesakes(hash, first);
    }

    private void Write(GrainRow row)
    {
        if (row.Newest is not { } newest)
        {
            connection.Statement(UpdateEvents).Bind(1, row.Number).Bind(2, row.Events).Bind(3, row.LastEvent).Execute();
            return;
        }

        var isNew = row.StoredVersion == 0;
        var statement = connection.Statement(isNew ? Insert : Update)
            .Bind(1, row.Number).Bind(2, row.Version).Bind(3, row.Events).Bind(4, row.LastEvent).Bind(5, row.LastTransfer)
            .Bind(6, StoredTime.From(newest.DecidedAt)).Bind(7, newest.State.Span);
        if (isNew)
        {
            statement.Bind(8, row.KeyHash).Bind(9, words.Number(row.Type)).Bind(10, row.Key).Bind(11, newest.Status).Execute();
            return;
        }

        statement.Bind(8, newest.Status).Bind(9, row.StoredVersion).Execute();
        Invariant.That(connection.Changes == 1, "A grain's row is the one its decision was judged by.");
    }

    /// <summary>The grains of one key, each of another type; <paramref name="First"/> is null when there are none.</summary>
    private readonly record struct Namesakes(long KeyHash, GrainRow? First);
}
