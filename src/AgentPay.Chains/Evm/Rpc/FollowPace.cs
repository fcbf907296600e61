namespace AgentPay.Chains.Evm;

/// <summary>
/// How long to wait between two looks at the head: a shorter while somebody waits for a transaction that was just submitted, because that pause is part of
/// what the payer waits; until the next announcement while a node tells of its blocks. An idle chain is asked seldom. Thread-safe.
/// </summary>
internal sealed class FollowPace(TimeSpan idle, TimeSpan busy, TimeProvider clock)
{
    /// <summary>For so long after a submission its block is looked for eagerly: a few blocks of any chain that is worth hurrying for.</summary>
    private static readonly TimeSpan BusyTime = TimeSpan.FromSeconds(10);

    /// <summary>Even while blocks are announced the head is looked at so often: an announcement may be lost.</summary>
    private static readonly TimeSpan ListeningPause = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private TaskCompletionSource _woken = NewSignal();
    private long? _hurriedAt;
    private long? _announcedAt;
    private ulong _announced;
    private bool _isNews;
    private bool _isListening;

    private TimeSpan Shorter => busy < idle ? busy : idle;

    /// <summary>Something was submitted: ends a long wait that is under way.</summary>
    public void Hurry()
    {
        lock (_gate)
        {
            _hurriedAt = clock.GetTimestamp();
            if (!_isListening)
            {
                _woken.TrySetResult();
            }
        }
    }

    /// <summary>A node told of a block: ends a wait that is under way.</summary>
    public void Announce(ulong number)
    {
        lock (_gate)
        {
            _announced = number;
            _isNews = true;
            _announcedAt = clock.GetTimestamp();
            _woken.TrySetResult();
        }
    }

    /// <summary>The head is looked at now: an announcement after this is looked for at once, one before it was not seen by the node that is asked.</summary>
    public void Look()
    {
        lock (_gate)
        {
            _isNews = false;
        }
    }

    /// <summary>Whether a node tells of its blocks. Each change is followed by a look: a block may have come unheard just before.</summary>
    public void Listen(bool isListening)
    {
        lock (_gate)
        {
            if (_isListening != isListening)
            {
                _isListening = isListening;
                _woken.TrySetResult();
            }
        }
    }

    /// <summary>Waits until the next look is due.</summary>
    /// <param name="seen">The head at the last look: the node that is asked may be slower than the one that announces.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(ulong seen, CancellationToken cancellationToken)
    {
        var (pause, woken) = Next(seen);
        if (woken is null)
        {
            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            await woken.WaitAsync(pause, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nothing happened meanwhile: the ordinary look is due.
            return;
        }

        if (!IsAnnounced(seen))
        {
            await Task.Delay(Shorter, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool IsAnnounced(ulong seen)
    {
        lock (_gate)
        {
            return _announced > seen && IsRecent(_announcedAt);
        }
    }

    private bool IsRecent(long? at) => at is { } since && clock.GetElapsedTime(since) < BusyTime;

    private (TimeSpan Pause, Task? Woken) Next(ulong seen)
    {
        lock (_gate)
        {
            var isBusy = !_isListening && (busy >= idle || IsRecent(_hurriedAt));
            if (isBusy || IsAnnounced(seen))
            {
                return (_isNews && _announced > seen ? TimeSpan.Zero : Shorter, null);
            }

            if (_woken.Task.IsCompleted)
            {
                _woken = NewSignal();
            }

            return (!_isListening ? idle : idle > ListeningPause ? idle : ListeningPause, _woken.Task);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
