using System.Globalization;
using AgentPay.Storage.Contract;
using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>What became of a COMMIT whose reply was lost: the transaction's own entry, and the mark it left.</summary>
internal static class CommitOutcome
{
    /// <returns>Null: the server is not through with it.</returns>
    /// <exception cref="StoreUnavailableException">Another process removed what would tell.</exception>
    internal static bool? Read(NpgsqlConnection connection, string transactionId, BatchMark mark) => ReadStatus(connection, transactionId) switch
    {
        // A server that crashed, or that took over, may have given the number to another transaction: the mark is of ours alone.
        "committed" => ReadMark(connection, mark) >= mark.Batch,
        "aborted" => false,
        _ => null,
    };

    private static string? ReadStatus(NpgsqlConnection connection, string transactionId)
    {
        try
        {
            using var select = new NpgsqlCommand($"SELECT pg_xact_status('{Number(transactionId)}'::xid8)", connection);
            return select.ExecuteScalar() as string;
        }
        catch (PostgresException failure) when (failure.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            // It has not come to this number yet: the server it was given on is gone, and so is what it did not write.
            return "aborted";
        }
    }

    private static long ReadMark(NpgsqlConnection connection, BatchMark mark)
    {
        using var select = new NpgsqlCommand("SELECT batch FROM writers WHERE process = $1 AND place = $2", connection);
        select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = mark.Process });
        select.Parameters.Add(new NpgsqlParameter<int> { TypedValue = mark.Place });
        return select.ExecuteScalar() as long? ?? throw new StoreUnavailableException("Another process took this one for dead; the rows of its last batch will tell.");
    }

    /// <summary>Ends the server's process of a transaction that waits for a client which is gone; whatever it was doing, it commits or not.</summary>
    internal static void EndBackend(NpgsqlConnection connection, int backendId, string transactionId)
    {
        using var end = new NpgsqlCommand(
            string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {backendId} AND backend_xid = '{Number(transactionId)}'::xid8::xid"),
            connection);
        _ = end.ExecuteNonQuery();
    }

    private static ulong Number(string transactionId) => ulong.Parse(transactionId, NumberStyles.None, CultureInfo.InvariantCulture);
}
