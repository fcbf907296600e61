using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>Removes the messages that are consumed and adds those that are sent.</summary>
internal sealed class MessageStatements
{
    private readonly RowsStatement _delete = new("""
        DELETE FROM messages AS m USING unnest($1, $2, $3, $4, $5) AS v (source_type, source_key, version, place, must)
        WHERE m.source_type = v.source_type AND m.source_key = v.source_key AND m.version = v.version AND m.place = v.place AND v.place % 1 = 0
        RETURNING v.must
        """);

    private readonly RowsStatement _insert = new("""
        INSERT INTO messages (source_type, source_key, version, place, target_type, target_key, sent_at, body)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
        """);

    private readonly (Column<string> Type, Column<string> Key, Column<long> Version, Column<int> Place, Column<int> Must) _gone;
    private readonly (Column<string> Type, Column<string> Key, Column<long> Version, Column<int> Place) _sent;
    private readonly (Column<string> Type, Column<string> Key, Column<long> SentAt, Column<ReadOnlyMemory<byte>> Body) _content;
    private int _removed;
    private int _must;

    internal MessageStatements()
    {
        _gone = (_delete.Text(), _delete.Text(), _delete.Int64(), _delete.Int32(), _delete.Int32());
        _sent = (_insert.Text(), _insert.Text(), _insert.Int64(), _insert.Int32());
        _content = (_insert.Text(), _insert.Text(), _insert.Int64(), _insert.Bytes());
    }

    internal void FillRemoved(BatchPlan plan, NpgsqlBatch batch)
    {
        (_removed, _must) = (plan.Removed.Count, 0);
        if (_removed == 0)
        {
            return;
        }

        _gone.Type.Clear();
        _gone.Key.Clear();
        _gone.Version.Clear();
        _gone.Place.Clear();
        _gone.Must.Clear();
        foreach (var (id, must) in plan.Removed.InOrder(static (one, other) => Addresses.Compare(one.Key, other.Key)))
        {
            _gone.Type.Add(id.Source.Type);
            _gone.Key.Add(id.Source.Key);
            _gone.Version.Add(id.Version);
            _gone.Place.Add(id.Index);
            _gone.Must.Add(must ? 1 : 0);
            _must += must ? 1 : 0;
        }

        batch.AddIf(true, _delete);
    }

    /// <returns>False: one that had to be there was gone.</returns>
    internal bool ReadRemoved(NpgsqlDataReader reader)
    {
        if (_removed == 0)
        {
            return true;
        }

        var found = 0;
        while (reader.Read())
        {
            found += reader.GetInt32(0);
        }

        _ = reader.NextResult();
        return found == _must;
    }

    internal void FillSent(BatchPlan plan, NpgsqlBatch batch)
    {
        _sent.Type.Clear();
        _sent.Key.Clear();
        _sent.Version.Clear();
        _sent.Place.Clear();
        _content.Type.Clear();
        _content.Key.Clear();
        _content.SentAt.Clear();
        _content.Body.Clear();
        foreach (var (id, message, decidedAt) in plan.Messages)
        {
            _sent.Type.Add(id.Source.Type);
            _sent.Key.Add(id.Source.Key);
            _sent.Version.Add(id.Version);
            _sent.Place.Add(id.Index);
            _content.Type.Add(message.Target.Type);
            _content.Key.Add(message.Target.Key);
            _content.SentAt.Add(decidedAt);
            _content.Body.Add(message.Body);
        }

        batch.AddIf(_sent.Type.Count > 0, _insert);
    }
}
