using System.Buffers;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>
/// Rows that belong to a grain besides its state. A batch's changes are one row at the end of a table of their own; the newest of each record comes to its place
/// later, together with its neighbours (<see cref="GatheredRounds{TItem}"/>). Whoever reads lays the changes over the rows.
/// </summary>
internal sealed class RecordRows(SqliteConnection connection, int changesMin)
{
    private const string InsertChanges = "INSERT INTO record_changes (batch, body) VALUES (?1, ?2)";
    private const string SelectChanges = "SELECT body FROM record_changes ORDER BY batch";
    private const string DeleteChanges = "DELETE FROM record_changes WHERE batch <= ?1";
    private const string Update = "UPDATE records SET body = ?1 WHERE number = ?2";
    private const string Upsert = "INSERT INTO records (body, grain, id) VALUES (?1, ?2, ?3) ON CONFLICT (grain, id) DO UPDATE SET body = excluded.body RETURNING number";
    private const string Delete = "DELETE FROM records WHERE grain = ?1 AND id = ?2";

    private const int RememberedMax = 65_536;

    private readonly Dictionary<(long Grain, string Id), long> _numbers = [];
    private readonly Dictionary<(long Grain, string Id), ReadOnlyMemory<byte>?> _changed = [];
    private readonly Dictionary<(long Grain, string Id), ReadOnlyMemory<byte>?> _waiting = [];
    private readonly GatheredRounds<(long Grain, string Id)> _rounds = new(changesMin);
    private readonly ArrayBufferWriter<byte> _form = new();
    private bool _isRead;

    internal void Write(Commit commit, GrainRow row)
    {
        for (var place = 0; place < commit.Records.Count; place++)
        {
            _changed[(row.Number, commit.Records[place].Id)] = commit.Records[place].Body;
        }
    }

    internal void Begin()
    {
        if (_numbers.Count > RememberedMax)
        {
            _numbers.Clear();
        }
    }

    internal void Flush(long batch)
    {
        if (_changed.Count == 0)
        {
            return;
        }

        ReadWaiting();
        Note(batch);
        _rounds.Add(_changed.Count, batch, () => _waiting.Keys.OrderBy(key => _numbers.GetValueOrDefault(key, long.MaxValue)).ThenBy(key => key.Grain));
        if (_rounds.IsUnderWay)
        {
            foreach (var key in _rounds.Take(_changed.Count))
            {
                if (_waiting.Remove(key, out var body))
                {
                    Write(key, body);
                }
            }

            if (!_rounds.IsUnderWay)
            {
                connection.Statement(DeleteChanges).Bind(1, _rounds.Until).Execute();
            }
        }

        _changed.Clear();
    }

    /// <summary>Forgets what was remembered: the transaction it came from was rolled back.</summary>
    internal void Forget()
    {
        _numbers.Clear();
        _changed.Clear();
        _isRead = false;
    }

    private void Note(long batch)
    {
        foreach (var (key, body) in _changed)
        {
            RecordChanges.Write(_form, key.Grain, key.Id, body);
            _waiting[key] = body;
        }

        connection.Statement(InsertChanges).Bind(1, batch).Bind(2, _form.WrittenSpan).Execute();
        _form.ResetWrittenCount();
    }

    /// <summary>What batches before this connection's left.</summary>
    private void ReadWaiting()
    {
        if (_isRead)
        {
            return;
        }

        _waiting.Clear();
        var changes = 0;
        var select = connection.Statement(SelectChanges);
        while (select.Step())
        {
            foreach (var (grain, id, body) in RecordChanges.Read(select.GetBytes(0).ToArray()))
            {
                _waiting[(grain, id)] = body;
                changes++;
            }
        }

        _rounds.Restart(changes);
        _isRead = true;
    }

    private void Write((long Grain, string Id) record, ReadOnlyMemory<byte>? body)
    {
        if (body is null)
        {
            connection.Statement(Delete).Bind(1, record.Grain).Bind(2, record.Id).Execute();
            _numbers.Remove(record);
        }
        else if (_numbers.TryGetValue(record, out var number))
        {
            connection.Statement(Update).Bind(1, body.Value.Span).Bind(2, number).Execute();
        }
        else
        {
            var upsert = connection.Statement(Upsert).Bind(1, body.Value.Span).Bind(2, record.Grain).Bind(3, record.Id);
            _ = upsert.Step();
            _numbers.Add(record, upsert.GetInt64(0));
            upsert.Reset();
        }
    }
}
