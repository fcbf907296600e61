using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>
/// Appends events: numbers are given here, inside the transaction, to commits that have won. The newest event of an object that is a grain
/// is kept on the grain's row, which is written anyway; other objects have a row of their own. Whichever it is first, it stays.
/// </summary>
internal sealed class EventRows(SqliteConnection connection, Words words, GrainRows grains)
{
    private const string Insert = """
        INSERT INTO events (id, object, object_sequence, previous, position, type, created_at, public_id, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        """;

    private const string InsertPosition = "INSERT INTO event_positions (position, event) VALUES (?1, ?2)";

    private readonly EventHeads _heads = new(connection);

    private readonly EventIds _ids = new();
    private long _last = -1;

    internal void Write(Commit commit, GrainRow row)
    {
        for (var place = 0; place < commit.Events.Count; place++)
        {
            Write(commit.Events[place], commit, row);
        }
    }

    internal void Begin() => _heads.Begin();

    /// <summary>Writes the heads of the objects that events were added to.</summary>
    internal void Flush() => _heads.Flush();

    /// <summary>Forgets what was remembered: the transaction it came from was rolled back.</summary>
    internal void Forget()
    {
        _last = -1;
        _heads.Forget();
    }

    private void Write(EventDraft draft, Commit commit, GrainRow row)
    {
        _last = _last < 0 ? connection.ReadInt64("SELECT coalesce(max(id), 0) FROM events") : _last;
        var id = ++_last;
        var (@object, sequence, previous) = Append(draft.Object, row, id);
        var log = _heads.Log(commit.Account ?? EventShards.Of(draft.Object));
        var position = EventLogs.Position(log.Number, ++log.LastSequence);
        Span<byte> publicId = stackalloc byte[16];
        _ids.Next(commit.DecidedAt).TryWriteBytes(publicId, bigEndian: true, out _);
        connection.Statement(Insert)
            .Bind(1, id).Bind(2, @object).Bind(3, sequence).Bind(4, previous).Bind(5, position).Bind(6, words.Number(draft.Type))
            .Bind(7, StoredTime.From(commit.DecidedAt)).Bind(8, publicId).Bind(9, draft.Body.Span)
            .Execute();
        connection.Statement(InsertPosition).Bind(1, position).Bind(2, id).Execute();
    }

    private (long Object, long Sequence, long? Previous) Append(string name, GrainRow decider, long id)
    {
        var own = name == decider.Key;
        var grain = own && decider.Events > 0 ? decider : GrainWithEvents(name);
        var other = grain is null ? _heads.Find(name) : null;
        grain = other is null && own ? grain ?? decider : grain;
        if (grain is not null)
        {
            grains.Change(grain);
            var before = grain.LastEvent;
            grain.LastEvent = id;
            return (grain.Number, ++grain.Events, before);
        }

        other ??= _heads.Add(name);
        _heads.Change(other);
        var previous = other.LastEvent;
        other.LastEvent = id;
        return (-other.Number, ++other.Events, previous);
    }

    private GrainRow? GrainWithEvents(string key)
    {
        var row = grains.Named(key);
        while (row is not null && row.Events == 0)
        {
            row = row.Namesake;
        }

        return row;
    }
}
