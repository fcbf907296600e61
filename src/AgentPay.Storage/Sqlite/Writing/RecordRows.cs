using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Rows that belong to a grain besides its state. The newest of a batch is written at its end, by number where that is remembered.</summary>
internal sealed class RecordRows(SqliteConnection connection)
{
    private const string Update = "UPDATE records SET body = ?1 WHERE number = ?2";
    private const string Upsert = "INSERT INTO records (body, grain, id) VALUES (?1, ?2, ?3) ON CONFLICT (grain, id) DO UPDATE SET body = excluded.body RETURNING number";
    private const string Delete = "DELETE FROM records WHERE grain = ?1 AND id = ?2";

    private const int RememberedMax = 65_536;

    private readonly Dictionary<(long Grain, string Id), long> _numbers = [];
    private readonly Dictionary<(long Grain, string Id), ReadOnlyMemory<byte>?> _changed = [];

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

    internal void Flush()
    {
        foreach (var (record, body) in _changed)
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

        _changed.Clear();
    }

    /// <summary>Forgets what was remembered: the transaction it came from was rolled back.</summary>
    internal void Forget()
    {
        _numbers.Clear();
        _changed.Clear();
    }
}
