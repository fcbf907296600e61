using System.Collections.Concurrent;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Reading;

/// <summary>Connections that only read. Each statement sees every commit acknowledged before it began; none waits for the writer.</summary>
internal sealed class ReaderPool(SqliteStoreOptions options) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.Readers, options.Readers);
    private readonly ConcurrentBag<SqliteConnection> _idle = [];
    private volatile bool _closed;

    /// <summary>Runs a short query on the caller's thread: it costs less than the hop to another.</summary>
    internal async ValueTask<TResult> ReadAsync<TInput, TResult>(
        TInput input, Func<SqliteConnection, TInput, TResult> query, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Read(input, query);
        }
        finally
        {
            _ = _free.Release();
        }
    }

    private TResult Read<TInput, TResult>(TInput input, Func<SqliteConnection, TInput, TResult> query)
    {
        if (_closed)
        {
            throw new StoreUnavailableException("The store is closed.");
        }

        SqliteConnection? connection = null;
        try
        {
            if (!_idle.TryTake(out connection))
            {
                connection = SqliteFile.OpenReader(options);
            }

            var result = query(connection, input);
            _idle.Add(connection);
            return result;
        }
        catch (Exception failure)
        {
            // A query left half-way holds a snapshot that would keep the log from being checkpointed: its connection ends with it.
            connection?.Dispose();
            if (failure is SqliteException)
            {
                throw new StoreUnavailableException($"The store could not read: {failure.Message}", failure);
            }

            throw;
        }
    }

    /// <summary>Waits for the reads under way, then closes every connection.</summary>
    internal async Task CloseAsync()
    {
        _closed = true;
        for (var taken = 0; taken < options.Readers; taken++)
        {
            await _free.WaitAsync().ConfigureAwait(false);
        }

        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }

        _ = _free.Release(options.Readers);
    }

    public void Dispose() => _free.Dispose();
}
