using AgentPay.Storage.Contract;
using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>Fills columns and batches.</summary>
internal static class Filling
{
    internal static void AddIf(this NpgsqlBatch batch, bool any, RowsStatement statement)
    {
        if (any)
        {
            batch.BatchCommands.Add(statement.Command);
        }
    }

    internal static void Add(this Column<string> column, string value) => column.Values.Add(StoredText.From(value));

    internal static void Add(this Column<long> column, DateTimeOffset time) => column.Values.Add(StoredTime.From(time));

    internal static void Add<T>(this Column<T> column, T value)
        where T : struct => column.Values.Add(value);

    internal static List<T> InOrder<T>(this IEnumerable<T> rows, Comparison<T> order)
    {
        var sorted = rows.ToList();
        sorted.Sort(order);
        return sorted;
    }
}
