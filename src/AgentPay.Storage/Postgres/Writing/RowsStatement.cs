using Npgsql;
using NpgsqlTypes;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// One statement for many rows: each parameter is a column, an array as long as there are rows. Kept and filled again for each batch,
/// so that a connection prepares it once.
/// </summary>
internal sealed class RowsStatement
{
    internal RowsStatement(string sql)
    {
        Command = new NpgsqlBatchCommand(sql);
    }

    internal NpgsqlBatchCommand Command { get; }

    internal Column<string> Text() => Add(new Column<string>(NpgsqlDbType.Text));

    internal Column<long> Int64() => Add(new Column<long>(NpgsqlDbType.Bigint));

    internal Column<int> Int32() => Add(new Column<int>(NpgsqlDbType.Integer));

    internal Column<Guid> Uuid() => Add(new Column<Guid>(NpgsqlDbType.Uuid));

    internal Column<ReadOnlyMemory<byte>> Bytes() => Add(new Column<ReadOnlyMemory<byte>>(NpgsqlDbType.Bytea));

    internal Column<T> Add<T>(Column<T> column)
    {
        _ = Command.Parameters.Add(column.Parameter);
        return column;
    }
}

/// <summary>One column of many rows; texts and times are added in their stored form.</summary>
internal sealed class Column<T>(NpgsqlDbType type)
{
    private readonly List<T> _values = [];

    internal List<T> Values => _values;

    internal NpgsqlParameter Parameter { get; } = new NpgsqlParameter<List<T>> { NpgsqlDbType = NpgsqlDbType.Array | type };

    internal int Count => _values.Count;

    internal void Clear()
    {
        _values.Clear();
        ((NpgsqlParameter<List<T>>)Parameter).TypedValue = _values;
    }
}
