using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using Npgsql;
using NpgsqlTypes;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>Deadlines, rows beside a state, and reminders: each set or removed by grain and id.</summary>
internal sealed class SideStatements
{
    /// <summary>A time that is given must be the one that stands.</summary>
    private readonly Keyed<long?> _dueGone = new(
        """
        DELETE FROM due AS d USING unnest($1, $2, $3, $4) WITH ORDINALITY AS v (grain_type, grain_key, id, at, place)
        WHERE d.grain_type = v.grain_type AND d.grain_key = v.grain_key AND d.id = v.id AND (v.at IS NULL OR d.at = v.at) AND v.place % 1 = 0
        """,
        NpgsqlDbType.Bigint);

    private readonly Keyed<long> _dueSet = new(
        """
        INSERT INTO due (grain_type, grain_key, id, at) SELECT * FROM unnest($1, $2, $3, $4)
        ON CONFLICT (grain_type, grain_key, id) DO UPDATE SET at = excluded.at, claimed_until = 0
        """,
        NpgsqlDbType.Bigint);

    private readonly Keyed<int> _recordsGone = new(
        """
        DELETE FROM records AS r USING unnest($1, $2, $3, $4) AS v (grain_type, grain_key, id, unused)
        WHERE r.grain_type = v.grain_type AND r.grain_key = v.grain_key AND r.id = v.id AND v.unused % 1 = 0
        """,
        NpgsqlDbType.Integer);

    private readonly Keyed<ReadOnlyMemory<byte>> _recordsSet = new(
        """
        INSERT INTO records (grain_type, grain_key, id, body) SELECT * FROM unnest($1, $2, $3, $4)
        ON CONFLICT (grain_type, grain_key, id) DO UPDATE SET body = excluded.body
        """,
        NpgsqlDbType.Bytea);

    private readonly Keyed<int> _remindersGone = new(
        """
        DELETE FROM reminders AS r USING unnest($1, $2, $3, $4) AS v (grain_type, grain_key, name, unused)
        WHERE r.grain_type = v.grain_type AND r.grain_key = v.grain_key AND r.name = v.name AND v.unused % 1 = 0
        """,
        NpgsqlDbType.Integer);

    private readonly Keyed<long> _remindersSet = new(
        """
        INSERT INTO reminders (grain_type, grain_key, name, start_at, period) SELECT * FROM unnest($1, $2, $3, $4, $5)
        ON CONFLICT (grain_type, grain_key, name) DO UPDATE SET start_at = excluded.start_at, period = excluded.period
        """,
        NpgsqlDbType.Bigint);

    private readonly Column<long> _period;

    internal SideStatements()
    {
        _period = _remindersSet.Statement.Int64();
    }

    internal void Fill(BatchPlan plan, NpgsqlBatch batch)
    {
        FillDue(plan, batch);
        FillRecords(plan, batch);
        FillReminders(plan, batch);
    }

    private void FillDue(BatchPlan plan, NpgsqlBatch batch)
    {
        _dueGone.Clear();
        _dueSet.Clear();
        var gone = plan.ClearedDue.Select(item => (Row: (item.Grain, item.Id), At: (long?)StoredTime.From(item.At)))
            .Concat(plan.Due.Where(due => due.Value is null).Select(due => (Row: due.Key, At: (long?)null)));
        foreach (var (row, at) in gone.InOrder(static (one, other) => Addresses.Compare(one.Row, other.Row)))
        {
            _dueGone.Add(row, at);
        }

        foreach (var (row, at) in plan.Due.Where(due => due.Value is not null).InOrder(static (one, other) => Addresses.Compare(one.Key, other.Key)))
        {
            _dueSet.Add(row, StoredTime.From(at!.Value));
        }

        _dueGone.AddTo(batch);
        _dueSet.AddTo(batch);
    }

    private void FillRecords(BatchPlan plan, NpgsqlBatch batch)
    {
        _recordsGone.Clear();
        _recordsSet.Clear();
        foreach (var (row, body) in plan.Records.InOrder(static (one, other) => Addresses.Compare(one.Key, other.Key)))
        {
            if (body is { } bytes)
            {
                _recordsSet.Add(row, bytes);
            }
            else
            {
                _recordsGone.Add(row, 0);
            }
        }

        _recordsGone.AddTo(batch);
        _recordsSet.AddTo(batch);
    }

    private void FillReminders(BatchPlan plan, NpgsqlBatch batch)
    {
        _remindersGone.Clear();
        _remindersSet.Clear();
        _period.Clear();
        foreach (var (row, reminder) in plan.Reminders.InOrder(static (one, other) => Addresses.Compare(one.Key, other.Key)))
        {
            if (reminder is null)
            {
                _remindersGone.Add(row, 0);
                continue;
            }

            _remindersSet.Add(row, StoredTime.From(reminder.StartAt));
            _period.Add(reminder.Period.Ticks / TimeSpan.TicksPerMicrosecond);
        }

        _remindersGone.AddTo(batch);
        _remindersSet.AddTo(batch);
    }

    private sealed class Keyed<T>
    {
        private readonly Column<string> _type;
        private readonly Column<string> _key;
        private readonly Column<string> _id;
        private readonly Column<T> _value;

        internal Keyed(string sql, NpgsqlDbType type)
        {
            Statement = new RowsStatement(sql);
            _type = Statement.Text();
            _key = Statement.Text();
            _id = Statement.Text();
            _value = Statement.Add(new Column<T>(type));
        }

        internal RowsStatement Statement { get; }

        internal void Clear()
        {
            _type.Clear();
            _key.Clear();
            _id.Clear();
            _value.Clear();
        }

        internal void Add((GrainRef Grain, string Id) row, T value)
        {
            _type.Add(row.Grain.Type);
            _key.Add(row.Grain.Key);
            _id.Add(row.Id);
            _value.Values.Add(value);
        }

        internal void AddTo(NpgsqlBatch batch) => batch.AddIf(_type.Count > 0, Statement);
    }
}
