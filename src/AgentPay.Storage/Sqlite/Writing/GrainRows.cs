using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>A grain's row as the batch sees it: read once, changed in memory, written once.</summary>
internal sealed class GrainRow
{
    internal long Version { get; set; }

    internal long StoredVersion { get; set; }

    internal long? LastTransfer { get; set; }

    /// <summary>The newest decision that won in this batch; null when none did.</summary>
    internal Commit? Newest { get; set; }
}

/// <summary>The grain rows of one batch.</summary>
internal sealed class GrainRows(SqliteConnection connection)
{
    private const string Select = "SELECT version, last_transfer FROM grains WHERE type = ? AND key = ?";
    private const string Insert = "INSERT INTO grains (type, key, version, last_transfer, updated_at, status, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    private const string Update = "UPDATE grains SET version = ?3, last_transfer = ?4, updated_at = ?5, status = ?6, state = ?7 WHERE type = ?1 AND key = ?2";

    private readonly Dictionary<GrainRef, GrainRow> _rows = [];

    internal GrainRow Row(GrainRef grain)
    {
        if (_rows.TryGetValue(grain, out var row))
        {
            return row;
        }

        row = new GrainRow();
        var select = connection.Statement(Select).Bind(1, grain.Type).Bind(2, grain.Key);
        if (select.Step())
        {
            row.Version = row.StoredVersion = select.GetInt64(0);
            row.LastTransfer = select.IsNull(1) ? null : select.GetInt64(1);
            select.Reset();
        }

        _rows.Add(grain, row);
        return row;
    }

    internal void Flush()
    {
        foreach (var (grain, row) in _rows)
        {
            if (row.Newest is not { } newest)
            {
                continue;
            }

            connection.Statement(row.StoredVersion == 0 ? Insert : Update)
                .Bind(1, grain.Type).Bind(2, grain.Key).Bind(3, row.Version).Bind(4, row.LastTransfer)
                .Bind(5, StoredTime.From(newest.DecidedAt)).Bind(6, newest.Status).Bind(7, newest.State.Span)
                .Execute();
        }
    }

    internal void Clear() => _rows.Clear();
}
