using Npgsql;
using NpgsqlTypes;

namespace AgentPay.Storage.Postgres.Processes;

/// <summary>The statements that keep a process on record. Each is a transaction of its own.</summary>
internal static class ProcessRows
{
    /// <summary>True for one row when no record is of the engine $1. A record without a name is of an older program, and may be of any.</summary>
    internal const string IsGone = "SELECT NOT EXISTS (SELECT FROM processes WHERE engine = $1 OR engine IS NULL)";

    /// <summary>Adds a process and its writers.</summary>
    internal static void Add(NpgsqlConnection connection, string process, string engine, int writers) => Execute(
        connection,
        $"""
        WITH added AS (INSERT INTO processes (id, engine, seen_at) VALUES ($1, $3, {DatabaseTime.Now}) RETURNING id)
        INSERT INTO writers (process, place, batch) SELECT id, place, 0 FROM added, generate_series(0, $2::int - 1) AS place
        """,
        Text(process), Number(writers), Text(engine));

    /// <returns>False: another process removed the row.</returns>
    internal static bool Renew(NpgsqlConnection connection, string process) =>
        Execute(connection, $"UPDATE processes SET seen_at = {DatabaseTime.Now} WHERE id = $1", Text(process)) == 1;

    /// <summary>Removes those that were not seen for too long. One in the middle of a commit is left until that is through.</summary>
    internal static void RemoveDead(NpgsqlConnection connection, string process) => Execute(
        connection,
        $"""
        WITH dead AS MATERIALIZED (
            SELECT id FROM processes WHERE id <> $1 AND seen_at < {DatabaseTime.Now} - $2 FOR UPDATE SKIP LOCKED),
        silenced AS (DELETE FROM writers WHERE process IN (SELECT id FROM dead))
        DELETE FROM processes WHERE id IN (SELECT id FROM dead)
        """,
        Text(process), Number(DatabaseTime.Of(ProcessTimes.Life)));

    /// <summary>How many others there are, and how many of them seem dead.</summary>
    internal static (long Others, long Dead) CountOthers(NpgsqlConnection connection, string process)
    {
        using var command = Command(
            connection,
            $"SELECT count(*), count(*) FILTER (WHERE seen_at < {DatabaseTime.Now} - $2) FROM processes WHERE id <> $1",
            Text(process), Number(DatabaseTime.Of(ProcessTimes.Life)));
        using var row = command.ExecuteReader();
        _ = row.Read();
        return (row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>Takes a resource that is free, or renews it.</summary>
    /// <returns>The epoch; null while it is another's.</returns>
    internal static long? Lease(NpgsqlConnection connection, string process, string resource)
    {
        using var command = Command(
            connection,
            $"""
            INSERT INTO leases AS l (resource, holder, epoch, expires_at) VALUES ($2, $1, 1, {DatabaseTime.Now} + $3)
            ON CONFLICT (resource) DO UPDATE SET holder = $1, expires_at = {DatabaseTime.Now} + $3,
                epoch = CASE WHEN l.holder = $1 THEN l.epoch ELSE l.epoch + 1 END
            WHERE l.holder = $1 OR l.expires_at < {DatabaseTime.Now}
            RETURNING epoch
            """,
            Text(process), Text(resource), Number(DatabaseTime.Of(ProcessTimes.Life)));
        return (long?)command.ExecuteScalar();
    }

    /// <summary>Gives everything back: whoever waits need not wait for the end of its time.</summary>
    internal static void Leave(NpgsqlConnection connection, string process)
    {
        _ = Execute(connection, "UPDATE leases SET expires_at = 0 WHERE holder = $1", Text(process));
        _ = Execute(connection, "WITH gone AS (DELETE FROM writers WHERE process = $1) DELETE FROM processes WHERE id = $1", Text(process));
    }

    private static int Execute(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = StoredText.From(value), NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };
}
