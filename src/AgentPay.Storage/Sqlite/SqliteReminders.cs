using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Sqlite;

/// <summary>Reminders in the store's file, written through the store's one writer. Failures are the store's.</summary>
public sealed class SqliteReminders(SqliteAtomicStore store) : IStoredReminders
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredReminder>> ReadAllAsync(CancellationToken cancellationToken) => store.ReadRemindersAsync(cancellationToken);

    /// <inheritdoc/>
    public Task UpsertAsync(StoredReminder reminder, CancellationToken cancellationToken) =>
        store.WriteAsync(writer => writer.Reminders.Upsert(reminder), cancellationToken);

    /// <inheritdoc/>
    public Task RemoveAsync(GrainRef grain, string name, CancellationToken cancellationToken) =>
        store.WriteAsync(writer => writer.Reminders.Remove(grain, name), cancellationToken);
}
