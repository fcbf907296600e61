using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Postgres;

/// <summary>Reminders in the store's database, written through the store's writers.</summary>
public sealed class PostgresReminders(PostgresAtomicStore store) : IStoredReminders
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredReminder>> ReadAllAsync(CancellationToken cancellationToken) => store.ReadRemindersAsync(cancellationToken);

    /// <inheritdoc/>
    public Task UpsertAsync(StoredReminder reminder, CancellationToken cancellationToken) =>
        store.WriteAsync(reminder.Grain, plan => plan.Upsert(reminder), cancellationToken);

    /// <inheritdoc/>
    public Task RemoveAsync(GrainRef grain, string name, CancellationToken cancellationToken) =>
        store.WriteAsync(grain, plan => plan.RemoveReminder(grain, name), cancellationToken);
}
