using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Reminders;

/// <summary>Where reminders outlive the process.</summary>
public interface IReminderStore
{
    /// <summary>All reminders; read once, when the silo starts.</summary>
    Task<IReadOnlyList<ReminderRow>> ReadAllAsync(CancellationToken cancellationToken);

    /// <summary>Writes a reminder over the one of the same grain and name, if any; durable when the task completes.</summary>
    Task UpsertAsync(ReminderRow reminder, CancellationToken cancellationToken);

    /// <summary>Removes a reminder; no error if there is none.</summary>
    Task RemoveAsync(GrainId grainId, string name, CancellationToken cancellationToken);
}
