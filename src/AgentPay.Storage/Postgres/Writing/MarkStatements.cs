using AgentPay.Storage.Contract;
using Npgsql;
using NpgsqlTypes;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// What a batch may be written under: its process is on record, and has what its commits need to itself. Both rows are locked until the
/// transaction ends, so nobody can take them away meanwhile.
/// </summary>
internal sealed class MarkStatements
{
    private readonly NpgsqlParameter<string> _process = new() { NpgsqlDbType = NpgsqlDbType.Text };
    private readonly NpgsqlParameter<int> _place = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<long> _batch = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlBatchCommand _mark = new("UPDATE writers SET batch = $3 WHERE process = $1 AND place = $2 RETURNING pg_current_xact_id()::text");

    private readonly RowsStatement _fences = new("""
        SELECT 1 FROM unnest($1, $2) WITH ORDINALITY AS v (resource, epoch, place)
        JOIN leases l ON l.resource = v.resource AND l.epoch = v.epoch AND v.place % 1 = 0
        ORDER BY l.resource FOR SHARE OF l
        """);

    private readonly Column<string> _resource;
    private readonly Column<long> _epoch;

    internal MarkStatements()
    {
        _mark.Parameters.Add(_process);
        _mark.Parameters.Add(_place);
        _mark.Parameters.Add(_batch);
        _resource = _fences.Text();
        _epoch = _fences.Int64();
    }

    internal void Fill(BatchPlan plan, BatchMark mark, NpgsqlBatch batch)
    {
        (_process.TypedValue, _place.TypedValue, _batch.TypedValue) = (mark.Process, mark.Place, mark.Batch);
        batch.BatchCommands.Add(_mark);
        _resource.Clear();
        _epoch.Clear();
        foreach (var fence in plan.Fences.InOrder(static (one, other) => string.CompareOrdinal(one.Resource, other.Resource)))
        {
            _resource.Add(fence.Resource);
            _epoch.Add(fence.Epoch);
        }

        batch.AddIf(_resource.Count > 0, _fences);
    }

    /// <summary>The number of the open transaction's entry in PostgreSQL's log of outcomes.</summary>
    internal string TransactionId { get; private set; } = "";

    /// <returns>False: a fence was passed.</returns>
    /// <exception cref="StoreUnavailableException">The process is not on record any more.</exception>
    internal bool Read(NpgsqlDataReader reader)
    {
        if (!reader.Read())
        {
            throw new StoreUnavailableException("Another process took this one for dead; it is registering anew.");
        }

        TransactionId = reader.GetString(0);
        _ = reader.NextResult();
        if (_resource.Count == 0)
        {
            return true;
        }

        var found = 0;
        while (reader.Read())
        {
            found++;
        }

        _ = reader.NextResult();
        return found == _resource.Count;
    }
}
