using System.Collections.Frozen;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AgentPay.Storage.Postgres.Processes;

/// <summary>
/// Asks the database four times a second, on a connection of its own, for nothing but an answer: one that is frozen, or behind a network that swallows, takes whatever
/// it is asked and says nothing, and whoever waits for it has to be told long before a write is given up. One that is gone refuses those who ask it, but not those who
/// wait for what nobody can write down meanwhile. The question touches no row and no disk, so a database that is merely slow answers it. A thread of its own asks, so
/// that a busy thread pool is not taken for a silent database.
/// </summary>
internal sealed class DatabasePulse : IDisposable
{
    /// <summary>How long after an answer it is asked again.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(250);

    /// <summary>A question without an answer for so long is silence: with the pause before it, known within a second.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(600);

    /// <summary>
    /// Classes of errors (PostgreSQL, appendix A) in which nobody answers: a server that stops or starts, or a proxy without one. Any other refusal, as that there
    /// are too many connections, is an answer.
    /// </summary>
    private static readonly FrozenSet<string> _absent = FrozenSet.Create("57", "08");

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(100);

    private readonly PostgresDatabase _database;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly ITimer _timer;
    private readonly ManualResetEventSlim _stopping = new();
    private readonly Lock _gate = new();
    private CancellationTokenSource _silence = new();
    private NpgsqlConnection? _connection;
    private long? _askedAt;
    private long _silentSince;

    internal DatabasePulse(PostgresDatabase database, TimeProvider clock, ILogger logger)
    {
        _database = database;
        _clock = clock;
        _logger = logger;
        _timer = clock.CreateTimer(_ => Look(), null, _look, _look);
        _thread = new Thread(Run) { IsBackground = true, Name = "agentpay-store-pulse", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>Cancelled as long as the database answers nothing.</summary>
    internal CancellationToken Silence
    {
        get
        {
            lock (_gate)
            {
                return _silence.Token;
            }
        }
    }

    public void Dispose()
    {
        _stopping.Set();
        _timer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _thread.Join();
        _connection?.Dispose();
        _stopping.Dispose();
        _silence.Dispose();
    }

    private void Run()
    {
        while (!_stopping.IsSet)
        {
            try
            {
                Ask();
            }
            catch (Exception trouble) when (trouble is NpgsqlException or InvalidOperationException)
            {
                // The latter: the connection was found broken between two questions.
                _connection?.Dispose();
                _connection = null;
                if (trouble is PostgresException { SqlState: var state } && !_absent.Contains(state[..2]))
                {
                    Answered();
                }
            }

            _clock.Wait(_pause, _stopping.WaitHandle);
        }
    }

    private void Ask()
    {
        lock (_gate)
        {
            _askedAt ??= _clock.GetTimestamp();
        }

        var connection = _connection ??= _database.OpenBeat();
        using (var question = new NpgsqlCommand("SELECT 1", connection))
        {
            _ = question.ExecuteScalar();
        }

        Answered();
    }

    private void Answered()
    {
        bool wasSilent;
        lock (_gate)
        {
            _askedAt = null;
            wasSilent = _silence.IsCancellationRequested;
            _silence = wasSilent ? new CancellationTokenSource() : _silence;
        }

        if (wasSilent)
        {
            _logger.Answers((long)_clock.GetElapsedTime(_silentSince).TotalMilliseconds);
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_askedAt is not { } asked || _clock.GetElapsedTime(asked) < _patience || _silence.IsCancellationRequested)
            {
                return;
            }

            // Marked at once; who waits for it is told by another thread.
            _silentSince = asked;
            _ = _silence.CancelAsync();
        }

        _logger.IsSilent((long)_patience.TotalMilliseconds);
    }
}
