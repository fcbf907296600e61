using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// Takes numbers from the heads of objects. The update locks each head until the transaction ends, so numbers are given in the order of the commits
/// and those of a transaction that fails are never seen.
/// </summary>
internal sealed class HeadStatement
{
    private readonly RowsStatement _take;
    private readonly Column<string> _names;
    private readonly Column<long> _counts;
    private List<PlannedHead> _heads = [];

    private HeadStatement(string sql)
    {
        _take = new RowsStatement(sql);
        _names = _take.Text();
        _counts = _take.Int64();
    }

    internal static HeadStatement OfObjects() => new("""
        INSERT INTO event_objects AS o (object, last_sequence) SELECT * FROM unnest($1, $2)
        ON CONFLICT (object) DO UPDATE SET last_sequence = o.last_sequence + excluded.last_sequence
        RETURNING id, last_sequence
        """);

    internal void Fill(IEnumerable<PlannedHead> heads, NpgsqlBatch batch)
    {
        _heads = heads.InOrder(static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        _names.Clear();
        _counts.Clear();
        foreach (var head in _heads)
        {
            _names.Add(head.Name);
            _counts.Add(head.Count);
        }

        batch.AddIf(_heads.Count > 0, _take);
    }

    internal void Read(NpgsqlDataReader reader)
    {
        if (_heads.Count == 0)
        {
            return;
        }

        for (var place = 0; reader.Read(); place++)
        {
            _heads[place].Claimed(reader.GetInt64(0), reader.GetInt64(1));
        }

        _ = reader.NextResult();
    }
}
