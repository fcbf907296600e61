using System.Globalization;
using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>What became of a COMMIT whose reply was lost: the transaction's own entry decides.</summary>
internal static class CommitOutcome
{
    /// <returns>Null: the server is not through with it.</returns>
    internal static bool? Read(NpgsqlConnection connection, string transactionId)
    {
        using var select = new NpgsqlCommand($"SELECT pg_xact_status('{Number(transactionId)}'::xid8)", connection);
        return select.ExecuteScalar() switch
        {
            "committed" => true,
            "aborted" => false,
            _ => null,
        };
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
