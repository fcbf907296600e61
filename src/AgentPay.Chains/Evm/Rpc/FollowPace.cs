namespace AgentPay.Chains.Evm;

/// <summary>
/// How long to wait between two looks at the head: a shorter while somebody waits for a transaction that was just submitted, because that pause is part of
/// what the payer waits. An idle chain is asked seldom. Thread-safe.
/// </summary>
internal sealed class FollowPace(TimeSpan idle, TimeSpan busy, TimeProvider clock)
{
    /// <summary>For so long after a submission its block is looked for eagerly: a few blocks of any chain that is worth hurrying for.</summary>
    private static readonly TimeSpan BusyTime = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private TaskCompletionSource _hurried = NewSignal();
    private long? _hurriedAt;

    /// <summary>Something was submitted: ends a long wait that is under way.</summary>
    public void Hurry()
    {
        lock (_gate)
        {
            _hurriedAt = clock.GetTimestamp();
            _hurried.TrySetResult();
        }
    }

    /// <summary>Waits until the next look is due.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var (pause, hurried) = Next();
        if (hurried is null)
        {
            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            await hurried.WaitAsync(pause, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nothing was submitted meanwhile: the ordinary look is due.
            return;
        }

        await Task.Delay(busy, clock, cancellationToken).ConfigureAwait(false);
    }

    private (TimeSpan Pause, Task? Hurried) Next()
    {
        lock (_gate)
        {
            if (busy >= idle || (_hurriedAt is { } at && clock.GetElapsedTime(at) < BusyTime))
            {
                return (busy < idle ? busy : idle, null);
            }

            if (_hurried.Task.IsCompleted)
            {
                _hurried = NewSignal();
            }

            return (idle, _hurried.Task);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
