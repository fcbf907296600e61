using System.Diagnostics;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>
/// Copies the write-ahead log into the database file beside the writer, on a thread and a connection of its own. What the writer appends
/// meanwhile is left to the writer, a small rest, after which the log begins anew (sqlite.org/wal.html, checkpointing).
/// </summary>
internal sealed class LogCheckpoints : IDisposable
{
    /// <summary>Pages in the log that start a copy, 128 MiB: a page written many times until then is copied once.</summary>
    internal const int StartPages = 32_768;

    /// <summary>A rest this small is left to the writer.</summary>
    private const int RestPages = 1_024;

    /// <summary>A writer as fast as the copy would never leave a small rest.</summary>
    private const int PassesMax = 4;

    private readonly Func<SqliteConnection> _open;
    private readonly FailedSync _failedSync;
    private readonly ILogger _logger;
    private readonly object _gate = new();
    private readonly Thread _thread;
    private int _startAt;
    private State _state;

    internal LogCheckpoints(Func<SqliteConnection> open, int startPages, FailedSync failedSync, ILogger logger)
    {
        _open = open;
        _failedSync = failedSync;
        _logger = logger;
        Start = startPages;
        _startAt = startPages;
        _thread = new Thread(Run) { IsBackground = true, Name = "agentpay-store-checkpoint" };
        _thread.Start();
    }

    private enum State
    {
        Idle,
        Asked,
        Copied,
        Stopping,
    }

    private int Start { get; }

    /// <summary>When something kept the log from beginning anew, a reader for one, so many more pages start the next copy.</summary>
    private int Again => Math.Max(1, Start / 4);

    /// <summary>The writer says so between two transactions; its connection is free until this returns.</summary>
    internal void Written(SqliteConnection writer)
    {
        lock (_gate)
        {
            if (_failedSync.Refusal is not null)
            {
                return;
            }

            if (_state == State.Idle && writer.LogPages >= _startAt)
            {
                _state = State.Asked;
                Monitor.Pulse(_gate);
            }

            if (_state != State.Copied)
            {
                return;
            }

            _state = State.Idle;
        }

        var (pages, copied) = TryCopy(writer, StoreMetrics.CheckpointRest) ?? (writer.LogPages, 0);
        _startAt = copied < pages ? pages + Again : Start;
    }

    /// <summary>Ends after the copy under way. The last connection of a file that closes copies the rest.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _state = State.Stopping;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        SqliteConnection? connection = null;
        while (IsAsked())
        {
            if (!CopyBeside(ref connection))
            {
                GiveUp(ref connection);
            }

            lock (_gate)
            {
                _state = _state == State.Stopping ? State.Stopping : State.Copied;
            }
        }

        GiveUp(ref connection);
    }

    private void GiveUp(ref SqliteConnection? connection)
    {
        if (_failedSync.Refusal is null)
        {
            connection?.Dispose();
        }
        else
        {
            connection?.Abandon();
        }

        connection = null;
    }

    private bool IsAsked()
    {
        lock (_gate)
        {
            while (_state is State.Idle or State.Copied)
            {
                _ = Monitor.Wait(_gate);
            }

            return _state == State.Asked;
        }
    }

    private bool CopyBeside(ref SqliteConnection? connection)
    {
        try
        {
            connection ??= _open();
        }
        catch (SqliteException failure)
        {
            _logger.CheckpointFailed(failure);
            return false;
        }

        var before = 0;
        for (var pass = 0; pass < PassesMax; pass++)
        {
            if (TryCopy(connection, StoreMetrics.CheckpointBeside) is not { } log)
            {
                return false;
            }

            if (log.Copied < log.Pages || log.Pages - before <= RestPages)
            {
                break;
            }

            before = log.Pages;
        }

        return true;
    }

    /// <summary>Null: it failed. The log keeps what was not copied; after a failed sync nothing begins it anew.</summary>
    private (int Pages, int Copied)? TryCopy(SqliteConnection connection, KeyValuePair<string, object?> phase)
    {
        var startedAt = Stopwatch.GetTimestamp();
        try
        {
            return connection.Checkpoint();
        }
        catch (SqliteException failure)
        {
            _failedSync.Look(failure);
            _logger.CheckpointFailed(failure);
            return null;
        }
        finally
        {
            StoreMetrics.BatchPhase.Record(Stopwatch.GetElapsedTime(startedAt).TotalSeconds, phase);
        }
    }
}
