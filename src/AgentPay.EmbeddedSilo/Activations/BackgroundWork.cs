namespace AgentPay.EmbeddedSilo.Activations;

/// <summary>Counts the work that the clock started (ticks, reminders, deactivations), so that a test can wait for it.</summary>
internal sealed class BackgroundWork
{
    private readonly Lock gate = new();
    private int running;
    private TaskCompletionSource? quiet;

    public Task WhenQuietAsync()
    {
        lock (gate)
        {
            return running == 0 ? Task.CompletedTask : (quiet ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public void Enter()
    {
        lock (gate)
        {
            running++;
        }
    }

    public void Exit()
    {
        TaskCompletionSource? done = null;
        lock (gate)
        {
            if (--running == 0)
            {
                (done, quiet) = (quiet, null);
            }
        }
        done?.SetResult();
    }
}
