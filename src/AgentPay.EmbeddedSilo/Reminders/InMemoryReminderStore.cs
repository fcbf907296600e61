using System.Collections.Concurrent;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Reminders;

/// <summary>Reminders that last as long as this object.</summary>
public sealed class InMemoryReminderStore : IReminderStore
{
    private readonly ConcurrentDictionary<(GrainId GrainId, string Name), ReminderRow> rows = new();

    /// <inheritdoc />
    public Task<IReadOnlyList<ReminderRow>> ReadAllAsync(CancellationToken cancellationToken)
        => Task.FromResult<IReadOnlyList<ReminderRow>>([.. rows.Values]);

    /// <inheritdoc />
    public Task UpsertAsync(ReminderRow reminder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        rows[(reminder.GrainId, reminder.Name)] = reminder;
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task RemoveAsync(GrainId grainId, string name, CancellationToken cancellationToken)
    {
        rows.TryRemove((grainId, name), out _);
        return Task.CompletedTask;
    }
}
