using System.Numerics;
using AgentPay.Storage.Writing;
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
        WITH heads AS (
            INSERT INTO event_logs AS l (account, last_sequence) SELECT * FROM unnest($1, $2)
            ON CONFLICT (account) DO UPDATE SET last_sequence = l.last_sequence + excluded.last_sequence
            RETURNING id, last_sequence),
        taken AS MATERIALIZED (SELECT array_agg(id) AS ids, array_agg(last_sequence) AS lasts FROM heads)
        INSERT INTO events (log, sequence, object, object_sequence, id, type, created_at, body)
        SELECT t.ids[v.head], t.lasts[v.head] - v.back, v.object, v.object_sequence, v.id, v.type, v.created_at, v.body
        FROM taken t, unnest($3, $4, $5, $6, $7, $8, $9, $10) AS v (head, back, object, object_sequence, id, type, created_at, body)
        """);

    private readonly List<NumberedEvent> _numbered = [];
    private readonly Column<long> _grain;
    private readonly Column<long> _version;
    private readonly Column<int> _place;
    private readonly Column<long> _debit;
    private readonly Column<long> _credit;
    private readonly Column<long> _asset;
    private readonly Column<BigInteger> _atoms;
    private readonly Column<string> _reason;
    private readonly Column<long> _transferredAt;
    private readonly Column<string> _account;
    private readonly Column<long> _count;
    private readonly Column<int> _head;
    private readonly Column<long> _back;
    private readonly Column<long> _object;
    private readonly Column<long> _objectSequence;
    private readonly EventIds _ids = new();
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
        _account = _events.Text();
        _count = _events.Int64();
        _head = _events.Int32();
        _back = _events.Int64();
        _object = _events.Int64();
        _objectSequence = _events.Int64();
        _id = _events.Uuid();
        _type = _events.Text();
        _createdAt = _events.Int64();
        _body = _events.Bytes();
    }

    internal void FillTransfers(BatchPlan plan, NameStatements names, NpgsqlBatch batch)
    {
        ClearTransfers();
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

        batch.AddIf(plan.Transfers.Count > 0, _transfers);
    }

    /// <summary>Takes the numbers of the logs and adds the events under them. The update locks each log's head until the transaction ends.</summary>
    internal void FillEvents(BatchPlan plan, NpgsqlBatch batch)
    {
        ClearEvents();
        foreach (var head in plan.Logs.InOrder(static (one, other) => string.CompareOrdinal(one.Name, other.Name)))
        {
            _account.Add(head.Name);
            _count.Add(head.Count);
            head.PlaceAt(_account.Count);
        }

        _numbered.Clear();
        foreach (var row in plan.Events)
        {
            _numbered.Add(new NumberedEvent(row, row.Log.NextFromLast(), row.Object.Next()));
        }

        // In one order, for whoever adds a number that another batch has added waits for that one's end.
        _numbered.Sort(static (one, other) => (one.Row.Object.Id, one.ObjectSequence).CompareTo((other.Row.Object.Id, other.ObjectSequence)));
        foreach (var (row, back, objectSequence) in _numbered)
        {
            _head.Add(row.Log.Place);
            _back.Add(back);
            _object.Add(row.Object.Id);
            _objectSequence.Add(objectSequence);
            _id.Add(_ids.Next(row.DecidedAt));
            _type.Add(row.Draft.Type);
            _createdAt.Add(row.DecidedAt);
            _body.Add(row.Draft.Body);
        }

        batch.AddIf(plan.Events.Count > 0, _events);
    }

    private void ClearTransfers()
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
    }

    private void ClearEvents()
    {
        _account.Clear();
        _count.Clear();
        _head.Clear();
        _back.Clear();
        _object.Clear();
        _objectSequence.Clear();
        _id.Clear();
        _type.Clear();
        _createdAt.Clear();
        _body.Clear();
    }

    private readonly record struct NumberedEvent(PlannedEvent Row, long Back, long ObjectSequence);
}
