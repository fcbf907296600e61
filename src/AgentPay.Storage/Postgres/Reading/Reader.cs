using AgentPay.Storage.Contract;
using Npgsql;
using NpgsqlTypes;

namespace AgentPay.Storage.Postgres.Reading;

/// <summary>Runs queries on connections that only read. Each sees every commit acknowledged before it began.</summary>
internal sealed class Reader(NpgsqlDataSource connections, int countMax, Action failed) : IDisposable
{
    private readonly SemaphoreSlim _free = new(countMax, countMax);
    private volatile bool _closed;

    /// <summary>
    /// Asks one question; every row becomes one item. Who leaves goes at once, and the question ends by itself: Npgsql would open a connection to call it back and
    /// wait for the server on the thread that cancels. Where the server is silent, all who leave for that reason would wait there, one behind the other.
    /// </summary>
    internal async ValueTask<IReadOnlyList<TRow>> ReadAsync<TRow>(string sql, Func<NpgsqlDataReader, TRow> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await AskAndFreeAsync(sql, read, parameters).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<List<TRow>> AskAndFreeAsync<TRow>(string sql, Func<NpgsqlDataReader, TRow> read, NpgsqlParameter[] parameters)
    {
        try
        {
            if (_closed)
            {
                throw new StoreUnavailableException("The store is closed.");
            }

            // Connections that lie idle in the pool may be from before the server ended. Each one found dead leaves the pool, and there are no more than this.
            for (var dead = 0; dead < countMax; dead++)
            {
                try
                {
                    return await AskAsync(sql, read, parameters).ConfigureAwait(false);
                }
                catch (NpgsqlException failure) when (WasDead(failure))
                {
                    failed();
                }
            }

            return await AskAsync(sql, read, parameters).ConfigureAwait(false);
        }
        catch (NpgsqlException failure)
        {
            failed();
            throw new StoreUnavailableException($"The store could not read: {failure.Message}", failure);
        }
        finally
        {
            _ = _free.Release();
        }
    }

    private async Task<List<TRow>> AskAsync<TRow>(string sql, Func<NpgsqlDataReader, TRow> read, NpgsqlParameter[] parameters)
    {
        await using var command = connections.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            _ = command.Parameters.Add(parameter.Collection is null ? parameter : parameter.Clone());
        }

        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        var rows = new List<TRow>();
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>True when the server ended the connection, not when it cannot be reached or does not answer. A question may be asked again.</summary>
    private static bool WasDead(NpgsqlException failure) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } => true,
        PostgresException => false,
        _ => failure.InnerException is IOException,
    };

    /// <summary>Waits for the reads under way; there are none after it.</summary>
    internal async Task CloseAsync()
    {
        _closed = true;
        for (var taken = 0; taken < countMax; taken++)
        {
            await _free.WaitAsync().ConfigureAwait(false);
        }

        _ = _free.Release(countMax);
    }

    public void Dispose() => _free.Dispose();

    internal static NpgsqlParameter Text(string value) => new NpgsqlParameter<string> { TypedValue = StoredText.From(value), NpgsqlDbType = NpgsqlDbType.Text };

    internal static NpgsqlParameter Int64(long value) => new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    internal static NpgsqlParameter Time(DateTimeOffset value) => Int64(StoredTime.From(value));

    internal static NpgsqlParameter Int64s(IEnumerable<long> values) =>
        new NpgsqlParameter<long[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    internal static NpgsqlParameter Texts(IEnumerable<string> values) =>
        new NpgsqlParameter<string[]> { TypedValue = [.. values.Select(StoredText.From)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
