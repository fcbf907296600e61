using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// Writes grain rows, each only if it has the version it was decided on. Rows are taken in order of type and key, so that two batches
/// never wait for each other. The clause <c>% 1 = 0</c> is always true; it lets the planner expect one row, so that it looks each up by key.
/// </summary>
internal sealed class GrainStatements
{
    private readonly RowsStatement _update = new("""
        UPDATE grains AS g SET version = v.version, updated_at = v.updated_at, status = v.status, state = v.state
        FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY AS v (type, key, expected, version, updated_at, status, state, place)
        WHERE g.type = v.type AND g.key = v.key AND g.version = v.expected AND v.place % 1 = 0
        RETURNING v.place, g.id
        """);

    private readonly RowsStatement _insert = new("""
        INSERT INTO grains (type, key, version, updated_at, status, state)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id
        """);

    private readonly Rows _updated;
    private readonly Column<long> _expected;
    private readonly Rows _inserted;
    private readonly List<PlannedGrain> _existing = [];
    private readonly List<PlannedGrain> _fresh = [];

    internal GrainStatements()
    {
        var (type, key) = (_update.Text(), _update.Text());
        _expected = _update.Int64();
        _updated = new Rows(type, key, _update.Int64(), _update.Int64(), _update.Text(), _update.Bytes());
        _inserted = new Rows(_insert.Text(), _insert.Text(), _insert.Int64(), _insert.Int64(), _insert.Text(), _insert.Bytes());
    }

    internal void Fill(BatchPlan plan, NpgsqlBatch batch)
    {
        _existing.Clear();
        _fresh.Clear();
        foreach (var grain in plan.Grains)
        {
            (grain.RowVersion == 0 ? _fresh : _existing).Add(grain);
        }

        _existing.Sort(ByAddress);
        _fresh.Sort(ByAddress);
        _expected.Clear();
        _updated.Clear();
        _inserted.Clear();
        foreach (var grain in _existing)
        {
            _expected.Add(grain.RowVersion);
            _updated.Add(grain);
        }

        foreach (var grain in _fresh)
        {
            _inserted.Add(grain);
        }

        batch.AddIf(_existing.Count > 0, _update);
        batch.AddIf(_fresh.Count > 0, _insert);
    }

    /// <returns>False: a row had another version.</returns>
    internal bool Read(NpgsqlDataReader reader)
    {
        var updated = 0;
        if (_existing.Count > 0)
        {
            for (; reader.Read(); updated++)
            {
                _existing[checked((int)reader.GetInt64(0)) - 1].Id = reader.GetInt64(1);
            }

            _ = reader.NextResult();
        }

        var inserted = 0;
        if (_fresh.Count > 0)
        {
            for (; reader.Read(); inserted++)
            {
                _fresh[inserted].Id = reader.GetInt64(0);
            }

            _ = reader.NextResult();
        }

        return updated == _existing.Count && inserted == _fresh.Count;
    }

    private static int ByAddress(PlannedGrain one, PlannedGrain other) => Addresses.Compare(one.Grain, other.Grain);

    private sealed record Rows(
        Column<string> Type, Column<string> Key, Column<long> Version, Column<long> UpdatedAt, Column<string> Status, Column<ReadOnlyMemory<byte>> State)
    {
        internal void Clear()
        {
            Type.Clear();
            Key.Clear();
            Version.Clear();
            UpdatedAt.Clear();
            Status.Clear();
            State.Clear();
        }

        internal void Add(PlannedGrain grain)
        {
            var newest = grain.Newest!;
            Type.Add(grain.Grain.Type);
            Key.Add(grain.Grain.Key);
            Version.Add(grain.Version);
            UpdatedAt.Add(newest.DecidedAt);
            Status.Add(newest.Status);
            State.Add(newest.State);
        }
    }
}
