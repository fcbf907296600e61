using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>The number of a name, given at its first use; the newest are remembered.</summary>
internal sealed class NameNumbers(SqliteConnection connection, string select, string insert)
{
    private const int RememberedMax = 65_536;

    private readonly Dictionary<string, long> _remembered = new(StringComparer.Ordinal);

    internal long Number(string name)
    {
        if (_remembered.TryGetValue(name, out var number))
        {
            return number;
        }

        number = Read(select, name) ?? Read(insert, name)!.Value;
        if (_remembered.Count >= RememberedMax)
        {
            _remembered.Clear();
        }

        _remembered.Add(name, number);
        return number;
    }

    internal void Forget() => _remembered.Clear();

    private long? Read(string sql, string name)
    {
        var statement = connection.Statement(sql).Bind(1, name);
        if (!statement.Step())
        {
            return null;
        }

        var number = statement.GetInt64(0);
        statement.Reset();
        return number;
    }
}
