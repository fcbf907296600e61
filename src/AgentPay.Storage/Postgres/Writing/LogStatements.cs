using System.Numerics;
using Npgsql;
using NpgsqlTypes;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>Ledger rows and events: rows that are only ever added.</summary>
internal sealed class LogStatements
{
    private readonly RowsStatement _transfers = new("""
        INSERT INTO transfers (grain, version, place, debit, credit, asset, atoms, reason, created_at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """);

    private readonly RowsStatement _events = new("""
        INSERT INTO events (log, sequence, object, object_sequence, id, type, created_at, body)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
        """);

    private readonly Column<long> _grain;
    private readonly Column<long> _version;
    private readonly Column<int> _place;
    private readonly Column<long> _debit;
    private readonly Column<long> _credit;
    private readonly Column<long> _asset;
    private readonly Column<BigInteger> _atoms;
    private readonly Column<string> _reason;
    private readonly Column<long> _transferredAt;
    private readonly Column<long> _log;
    private readonly Column<long> _sequence;
    private readonly Column<long> _object;
    private readonly Column<long> _objectSequence;
    private readonly Column<Guid> _id;
    private readonly Column<string> _type;
    private readonly Column<long> _createdAt;
    private readonly Column<ReadOnlyMemory<byte>> _body;

    internal LogStatements()
    {
        _grain = _transfers.Int64();
        _version = _transfers.Int64();
        _place = _transfers.Int32();
        _debit = _transfers.Int64();
        _credit = _transfers.Int64();
        _asset = _transfers.Int64();
        _atoms = _transfers.Add(new Column<BigInteger>(NpgsqlDbType.Numeric));
        _reason = _transfers.Text();
        _transferredAt = _transfers.Int64();
        _log = _events.Int64();
        _sequence = _events.Int64();
        _object = _events.Int64();
        _objectSequence = _events.Int64();
        _id = _events.Uuid();
        _type = _events.Text();
        _createdAt = _events.Int64();
        _body = _events.Bytes();
    }

    internal void Fill(BatchPlan plan, NameStatements names, NpgsqlBatch batch)
    {
        Clear();
        foreach (var row in plan.Transfers)
        {
            _grain.Add(row.Grain.Id);
            _version.Add(row.Version);
            _place.Add(row.Place);
            _debit.Add(names.Number(row.Transfer.Debit));
            _credit.Add(names.Number(row.Transfer.Credit));
            _asset.Add(names.Number(row.Transfer.Asset));
            _atoms.Add((BigInteger)row.Transfer.Atoms);
            _reason.Add(row.Transfer.Reason);
            _transferredAt.Add(row.DecidedAt);
        }

        foreach (var row in plan.Events)
        {
            _log.Add(row.Log.Id);
            _sequence.Add(row.Log.Next());
            _object.Add(row.Object.Id);
            _objectSequence.Add(row.Object.Next());
            _id.Add(Guid.CreateVersion7(row.DecidedAt));
            _type.Add(row.Draft.Type);
            _createdAt.Add(row.DecidedAt);
            _body.Add(row.Draft.Body);
        }

        batch.AddIf(plan.Transfers.Count > 0, _transfers);
        batch.AddIf(plan.Events.Count > 0, _events);
    }

    private void Clear()
    {
        _grain.Clear();
        _version.Clear();
        _place.Clear();
        _debit.Clear();
        _credit.Clear();
        _asset.Clear();
        _atoms.Clear();
        _reason.Clear();
        _transferredAt.Clear();
        _log.Clear();
        _sequence.Clear();
        _object.Clear();
        _objectSequence.Clear();
        _id.Clear();
        _type.Clear();
        _createdAt.Clear();
        _body.Clear();
    }
}
