using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// Numbers of objects, and of their newest events. A number that is durable is remembered, and the next one is assumed to be free: the unique
/// key of the events says so or fails the batch, which then asks. So an object's events have no gap, and those of a transaction that fails are
/// never seen, at no row's cost.
/// </summary>
internal sealed class ObjectStatements
{
    private readonly RowsStatement _insert = new("INSERT INTO event_objects (object) SELECT * FROM unnest($1) ON CONFLICT DO NOTHING");

    /// <summary>Whoever lost a number to another waits for its turn: else a crowd that takes numbers of one object could keep one out.</summary>
    private readonly RowsStatement _lock = new("""
        SELECT 1 FROM unnest($1) WITH ORDINALITY AS v (object, place) JOIN event_objects o ON o.object = v.object AND v.place % 1 = 0
        ORDER BY v.place FOR UPDATE OF o
        """);

    private readonly RowsStatement _select = new("""
        SELECT o.id, coalesce((SELECT e.object_sequence FROM events e WHERE e.object = o.id ORDER BY e.object_sequence DESC LIMIT 1), 0)
        FROM unnest($1) WITH ORDINALITY AS v (object, place) JOIN event_objects o ON o.object = v.object AND v.place % 1 = 0 ORDER BY v.place
        """);

    private readonly Column<string>[] _names;
    private readonly Remembered<string, (long Id, long Last)> _remembered;
    private readonly List<PlannedHead> _asked = [];
    private List<PlannedHead> _heads = [];
    private bool _lost;

    internal ObjectStatements(RowMemory memory)
    {
        _remembered = memory.Objects;
        _names = [_insert.Text(), _lock.Text(), _select.Text()];
    }

    internal void Fill(BatchPlan plan, NpgsqlBatch batch)
    {
        _heads = [.. plan.Objects];
        _asked.Clear();
        foreach (var head in _heads)
        {
            if (_remembered.TryGet(head.Name, out var known))
            {
                head.StartAfter(known.Id, known.Last);
            }
            else
            {
                _asked.Add(head);
            }
        }

        if (_asked.Count == 0)
        {
            return;
        }

        _asked.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        foreach (var column in _names)
        {
            column.Clear();
            _asked.ForEach(head => column.Add(head.Name));
        }

        batch.AddIf(true, _insert);
        batch.AddIf(_lost, _lock);
        batch.AddIf(true, _select);
    }

    internal void Read(NpgsqlDataReader reader)
    {
        if (_asked.Count == 0)
        {
            return;
        }

        if (_lost)
        {
            _ = reader.NextResult();
        }

        for (var place = 0; reader.Read(); place++)
        {
            _asked[place].StartAfter(reader.GetInt64(0), reader.GetInt64(1));
        }

        _ = reader.NextResult();
    }

    /// <summary>The batch is durable, and so are its numbers.</summary>
    internal void Remember()
    {
        _lost = false;
        foreach (var head in _heads)
        {
            _remembered.Set(head.Name, (head.Id, head.Last));
        }
    }

    /// <summary>Another took numbers of one of the batch's objects, or stood in its way.</summary>
    internal void Forget()
    {
        _lost = true;
        _heads.ForEach(head => _remembered.Forget(head.Name));
    }
}
