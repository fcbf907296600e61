using AgentPay.Domain.Decisions;
using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// Writes grain rows, each only if it has the version it was decided on. Rows are taken in order of type and key, also where their numbers are
/// known, so that two batches never wait for each other. The clause <c>% 1 = 0</c> is always true; it lets the planner expect one row, so that it
/// looks each up by key.
/// </summary>
internal sealed class GrainStatements
{
    /// <summary>By number, when all of the batch's are known: a row's number never changes. The key is compared all the same.</summary>
    private readonly RowsStatement _updateKnown = new("""
        UPDATE grains AS g SET version = v.version, updated_at = v.updated_at, status = v.status, state = v.state
        FROM unnest($1, $2, $3, $4, $5, $6, $7) AS v (id, key, expected, version, updated_at, status, state)
        WHERE g.id = v.id AND g.key = v.key AND g.version = v.expected AND v.version % 1 = 0
        """);

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

    private readonly (Column<long> Id, Column<string> Key, Column<long> Expected, Values Values) _known;
    private readonly (Column<string> Type, Column<string> Key, Column<long> Expected, Values Values) _named;
    private readonly (Column<string> Type, Column<string> Key, Values Values) _inserted;
    private readonly Remembered<GrainRef, long> _remembered;
    private readonly List<PlannedGrain> _existing = [];
    private readonly List<PlannedGrain> _fresh = [];
    private bool _byNumber;
    private int _written;

    internal GrainStatements(RowMemory memory)
    {
        _remembered = memory.Grains;
        _known = (_updateKnown.Int64(), _updateKnown.Text(), _updateKnown.Int64(), new Values(_updateKnown));
        _named = (_update.Text(), _update.Text(), _update.Int64(), new Values(_update));
        _inserted = (_insert.Text(), _insert.Text(), new Values(_insert));
    }

    /// <summary>Whether the numbers of all of the batch's rows are known before it is sent.</summary>
    internal bool AllKnown => _byNumber && _fresh.Count == 0;

    internal void Fill(BatchPlan plan, NpgsqlBatch batch)
    {
        _existing.Clear();
        _fresh.Clear();
        _byNumber = true;
        foreach (var grain in plan.Grains)
        {
            if (grain.RowVersion == 0)
            {
                _fresh.Add(grain);
                continue;
            }

            _existing.Add(grain);
            grain.Id = _remembered.TryGet(grain.Grain, out var id) ? id : 0;
            _byNumber &= grain.Id != 0;
        }

        _existing.Sort(ByAddress);
        _fresh.Sort(ByAddress);
        FillExisting();
        FillFresh();
        batch.AddIf(_existing.Count > 0, _byNumber ? _updateKnown : _update);
        batch.AddIf(_fresh.Count > 0, _insert);
    }

    internal void Read(NpgsqlDataReader reader)
    {
        _written = 0;
        if (_existing.Count > 0 && !_byNumber)
        {
            for (; reader.Read(); _written++)
            {
                _existing[checked((int)reader.GetInt64(0)) - 1].Id = reader.GetInt64(1);
            }

            _ = reader.NextResult();
        }

        if (_fresh.Count > 0)
        {
            for (var place = 0; reader.Read(); place++, _written++)
            {
                _fresh[place].Id = reader.GetInt64(0);
            }

            _ = reader.NextResult();
        }
    }

    /// <summary>Whether every row had its version; known when all of the batch's results were read.</summary>
    internal bool Stands() =>
        _written + (_byNumber && _existing.Count > 0 ? checked((int)_updateKnown.Command.Rows) : 0) == _existing.Count + _fresh.Count;

    /// <summary>The batch is durable, and so are its rows' numbers.</summary>
    internal void Remember()
    {
        foreach (var grain in _fresh)
        {
            _remembered.Set(grain.Grain, grain.Id);
        }

        foreach (var grain in _byNumber ? [] : _existing)
        {
            _remembered.Set(grain.Grain, grain.Id);
        }
    }

    private void FillExisting()
    {
        if (_byNumber)
        {
            _known.Id.Clear();
            _known.Key.Clear();
            _known.Expected.Clear();
            _known.Values.Clear();
            foreach (var grain in _existing)
            {
                _known.Id.Add(grain.Id);
                _known.Key.Add(grain.Grain.Key);
                _known.Expected.Add(grain.RowVersion);
                _known.Values.Add(grain);
            }

            return;
        }

        _named.Type.Clear();
        _named.Key.Clear();
        _named.Expected.Clear();
        _named.Values.Clear();
        foreach (var grain in _existing)
        {
            _named.Type.Add(grain.Grain.Type);
            _named.Key.Add(grain.Grain.Key);
            _named.Expected.Add(grain.RowVersion);
            _named.Values.Add(grain);
        }
    }

    private void FillFresh()
    {
        _inserted.Type.Clear();
        _inserted.Key.Clear();
        _inserted.Values.Clear();
        foreach (var grain in _fresh)
        {
            _inserted.Type.Add(grain.Grain.Type);
            _inserted.Key.Add(grain.Grain.Key);
            _inserted.Values.Add(grain);
        }
    }

    private static int ByAddress(PlannedGrain one, PlannedGrain other) => Addresses.Compare(one.Grain, other.Grain);

    /// <summary>The columns that change.</summary>
    private sealed class Values(RowsStatement statement)
    {
        private readonly Column<long> _version = statement.Int64();
        private readonly Column<long> _updatedAt = statement.Int64();
        private readonly Column<string> _status = statement.Text();
        private readonly Column<ReadOnlyMemory<byte>> _state = statement.Bytes();

        internal void Clear()
        {
            _version.Clear();
            _updatedAt.Clear();
            _status.Clear();
            _state.Clear();
        }

        internal void Add(PlannedGrain grain)
        {
            var newest = grain.Newest!;
            _version.Add(grain.Version);
            _updatedAt.Add(newest.DecidedAt);
            _status.Add(newest.Status);
            _state.Add(newest.State);
        }
    }
}
