using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Contract;

/// <summary>Reminders kept where the grains are. Failures are the store's (<see cref="StoreUnavailableException"/>).</summary>
public interface IStoredReminders
{
    /// <summary>Every reminder, by grain and name.</summary>
    ValueTask<IReadOnlyList<StoredReminder>> ReadAllAsync(CancellationToken cancellationToken);

    /// <summary>Writes one, or replaces the one of the same grain and name; durable when the task ends.</summary>
    Task UpsertAsync(StoredReminder reminder, CancellationToken cancellationToken);

    /// <summary>Removes one. Gone already is no error.</summary>
    Task RemoveAsync(GrainRef grain, string name, CancellationToken cancellationToken);
}
