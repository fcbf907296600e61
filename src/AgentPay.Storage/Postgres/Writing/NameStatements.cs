using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// Numbers of ledger accounts and assets. A name's number never changes, so one that was read from a durable row is remembered as long as
/// the connection lives.
/// </summary>
internal sealed class NameStatements
{
    private const int RememberedMax = 262_144;

    private readonly RowsStatement _insert = new("INSERT INTO ledger_names (name) SELECT * FROM unnest($1) ON CONFLICT DO NOTHING");

    private readonly RowsStatement _select = new("""
        SELECT n.id FROM unnest($1) WITH ORDINALITY AS v (name, place) JOIN ledger_names n ON n.name = v.name AND v.place % 1 = 0 ORDER BY v.place
        """);

    private readonly Column<string> _inserted;
    private readonly Column<string> _selected;
    private readonly Dictionary<string, long> _remembered = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _fresh = new(StringComparer.Ordinal);
    private List<string> _asked = [];

    internal NameStatements()
    {
        _inserted = _insert.Text();
        _selected = _select.Text();
    }

    /// <summary>Whether all of the batch's names have a number that is known before it is sent.</summary>
    internal bool AllKnown => _asked.Count == 0;

    internal long Number(string name) => _remembered.TryGetValue(name, out var number) ? number : _fresh[name];

    internal void Fill(BatchPlan plan, NpgsqlBatch batch)
    {
        _fresh.Clear();
        foreach (var row in plan.Transfers)
        {
            Ask(row.Transfer.Debit);
            Ask(row.Transfer.Credit);
            Ask(row.Transfer.Asset);
        }

        _asked = _fresh.Keys.InOrder(string.CompareOrdinal);
        _inserted.Clear();
        _selected.Clear();
        foreach (var name in _asked)
        {
            _inserted.Add(name);
            _selected.Add(name);
        }

        batch.AddIf(_asked.Count > 0, _insert);
        batch.AddIf(_asked.Count > 0, _select);
    }

    internal void Read(NpgsqlDataReader reader)
    {
        if (_asked.Count == 0)
        {
            return;
        }

        for (var place = 0; reader.Read(); place++)
        {
            _fresh[_asked[place]] = reader.GetInt64(0);
        }

        _ = reader.NextResult();
    }

    /// <summary>The batch is durable, and so are its names.</summary>
    internal void Remember()
    {
        if (_remembered.Count + _fresh.Count > RememberedMax)
        {
            _remembered.Clear();
        }

        foreach (var (name, number) in _fresh)
        {
            _remembered[name] = number;
        }
    }

    private void Ask(string name)
    {
        if (!_remembered.ContainsKey(name))
        {
            _fresh[name] = 0;
        }
    }
}
