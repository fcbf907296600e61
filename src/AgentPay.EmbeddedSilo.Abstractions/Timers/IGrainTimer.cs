namespace Orleans.Runtime;

/// <summary>A timer of one activation; dispose it to stop it.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Sets the time to the next tick, and between ticks. During a tick it takes effect after the tick.</summary>
    void Change(TimeSpan dueTime, TimeSpan period);
}
