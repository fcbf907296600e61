using AgentPay.Storage.Contract;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AgentPay.Storage.Postgres.Processes;

/// <summary>
/// Keeps this process on record in the database, knows whether others are, and holds its leases. One thread of its own renews them, so that a
/// busy thread pool does not cost them.
/// </summary>
internal sealed class ProcessRegistry : ILeases, IDisposable
{
    private readonly PostgresDatabase _database;
    private readonly int _writers;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stopping = new();
    private readonly AutoResetEvent _hurry = new(false);
    private readonly object _gate = new();
    private readonly Dictionary<string, Held?> _leases = new(StringComparer.Ordinal);
    private NpgsqlConnection? _connection;
    private volatile string? _process;
    private (long Number, long Since) _solitude;
    private long _solitudes;

    internal ProcessRegistry(PostgresDatabase database, int writers, TimeProvider clock, ILogger logger)
    {
        _database = database;
        _writers = writers;
        _clock = clock;
        _logger = logger;
        Self = NewName();
        _thread = new Thread(Run) { IsBackground = true, Name = "agentpay-store-beat", Priority = ThreadPriority.AboveNormal };
    }

    /// <inheritdoc/>
    public event Action? Changed;

    /// <summary>Told when the database did not answer a beat.</summary>
    internal Action Failed { get; set; } = static () => { };

    /// <summary>The name of this process's present record, which its batches write under; null while it has none.</summary>
    internal string? Process => _process;

    /// <summary>The name that stays when the process is taken for dead and registers anew.</summary>
    internal string Self { get; }

    /// <summary>See <see cref="INeighbours.Solitude"/>.</summary>
    internal long Solitude
    {
        get
        {
            lock (_gate)
            {
                return _solitude.Number != 0 && _clock.GetElapsedTime(_solitude.Since) < ProcessTimes.SolitudeBelief ? _solitude.Number : 0;
            }
        }
    }

    /// <inheritdoc/>
    public void Want(string resource)
    {
        lock (_gate)
        {
            _ = _leases.TryAdd(resource, null);
        }

        _ = _hurry.Set();
    }

    /// <inheritdoc/>
    public Fence? Find(string resource)
    {
        lock (_gate)
        {
            return _leases.GetValueOrDefault(resource) is { } held && IsBelieved(held) ? new Fence(resource, held.Epoch) : null;
        }
    }

    /// <summary>Registers, waits until no other process can believe to be alone, and goes on renewing.</summary>
    internal void Join()
    {
        Register();
        _thread.Start();
    }

    /// <summary>Gives back what the process has.</summary>
    public void Dispose()
    {
        _stopping.Set();
        _ = _hurry.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _connection?.Dispose();
        _stopping.Dispose();
        _hurry.Dispose();
    }

    private void Run()
    {
        var pause = ProcessTimes.Beat;
        while (true)
        {
            Pause(pause);
            if (_stopping.IsSet)
            {
                break;
            }

            try
            {
                pause = Beat() ? ProcessTimes.Beat : ProcessTimes.EagerBeat;
            }
            catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException)
            {
                // The latter: the connection was found broken between two beats.
                _connection?.Dispose();
                _connection = null;
                _logger.BeatFailed(failure);
                Failed();
                pause = ProcessTimes.EagerBeat;
            }
        }

        Leave();
    }

    /// <returns>False when something is left to be had soon.</returns>
    private bool Beat()
    {
        var since = _clock.GetTimestamp();
        var connection = _connection ??= _database.OpenBeat();
        if (_process is not { } process || !ProcessRows.Renew(connection, process))
        {
            _logger.TakenForDead();
            Forget();
            Register();
            return false;
        }

        var hasAll = Renew(connection, process, since);
        Look(connection, process, since);
        return hasAll;
    }

    private void Register()
    {
        var connection = _connection ??= _database.OpenBeat();
        var process = NewName();
        ProcessRows.Add(connection, process, Self, _writers);
        var since = _clock.GetTimestamp();
        while (ProcessRows.CountOthers(connection, process).Others > 0 && _clock.GetElapsedTime(since) < ProcessTimes.JoinWait && !_stopping.IsSet)
        {
            _ = ProcessRows.Renew(connection, process);
            Pause(TimeSpan.FromMilliseconds(100));
        }

        _process = process;
        Look(connection, process, _clock.GetTimestamp());
    }

    private bool Renew(NpgsqlConnection connection, string process, long since)
    {
        string[] wanted;
        lock (_gate)
        {
            wanted = [.. _leases.Keys.Order(StringComparer.Ordinal)];
        }

        var (hasAll, changed) = (true, false);
        foreach (var resource in wanted)
        {
            var epoch = ProcessRows.Lease(connection, process, resource);
            hasAll &= epoch is not null;
            lock (_gate)
            {
                // A holding that was in doubt meanwhile is told like a new one: whoever asked in that time was told that it is not ours.
                var before = _leases[resource] is { } held && IsBelieved(held) ? held.Epoch : (long?)null;
                changed |= before != epoch;
                _leases[resource] = epoch is { } number ? new Held(number, since) : null;
            }
        }

        if (changed)
        {
            Changed?.Invoke();
        }

        return hasAll;
    }

    private bool IsBelieved(Held held) => _clock.GetElapsedTime(held.Since) < ProcessTimes.LeaseBelief;

    private void Look(NpgsqlConnection connection, string process, long since)
    {
        var (others, dead) = ProcessRows.CountOthers(connection, process);
        if (dead > 0)
        {
            ProcessRows.RemoveDead(connection, process);
            (others, _) = ProcessRows.CountOthers(connection, process);
        }

        lock (_gate)
        {
            // Unbroken only when this look began before the last belief ended: nobody can have come, written and gone in between.
            var unbroken = _solitude.Number != 0 && _clock.GetElapsedTime(_solitude.Since, since) < ProcessTimes.SolitudeBelief;
            _solitude = others > 0 ? (0, since) : (unbroken ? _solitude.Number : ++_solitudes, since);
        }
    }

    /// <summary>Others took this process for dead: nothing it believed holds any more.</summary>
    private void Forget()
    {
        _process = null;
        lock (_gate)
        {
            _solitude = default;
            foreach (var resource in _leases.Keys)
            {
                _leases[resource] = null;
            }
        }

        Changed?.Invoke();
    }

    private void Leave()
    {
        try
        {
            if (_process is { } process)
            {
                ProcessRows.Leave(_connection ??= _database.OpenBeat(), process);
            }
        }
        catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException)
        {
            // Its rows expire by themselves.
            _logger.BeatFailed(failure);
        }
    }

    private string NewName() => Guid.CreateVersion7(_clock.GetUtcNow()).ToString("N");

    private void Pause(TimeSpan time) => _clock.Wait(time, _stopping.WaitHandle, _hurry);

    /// <param name="Epoch">Which holding.</param>
    /// <param name="Since">When its renewal was asked for.</param>
    private sealed record Held(long Epoch, long Since);
}
