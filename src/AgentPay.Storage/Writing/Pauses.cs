namespace AgentPay.Storage.Writing;

/// <summary>How a thread of the store waits.</summary>
internal static class Pauses
{
    /// <summary>Waits for a time, or until one of the handles is set.</summary>
    internal static void Wait(this TimeProvider clock, TimeSpan time, params ReadOnlySpan<WaitHandle> handles)
    {
        using var over = new ManualResetEventSlim();
        var timer = clock.CreateTimer(static state => ((ManualResetEventSlim)state!).Set(), over, time, Timeout.InfiniteTimeSpan);
        _ = WaitHandle.WaitAny([over.WaitHandle, .. handles]);

        // Waits for a callback that runs at this moment: it must not find the event gone.
        timer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
