namespace Orleans;

/// <summary>A grain that reminders can wake.</summary>
public interface IRemindable : IGrain
{
    /// <summary>Runs at each tick, at least once and possibly late.</summary>
    Task ReceiveReminder(string reminderName, Runtime.TickStatus status);
}
