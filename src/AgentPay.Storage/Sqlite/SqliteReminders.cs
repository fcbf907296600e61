using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Sqlite;

/// <summary>Reminders in the store's file, written through the store's one writer. Failures are the store's.</summary>
public sealed class SqliteReminders(SqliteAtomicStore store)
{
    /// <summary>Every reminder, by grain and name.</summary>
    public ValueTask<IReadOnlyList<StoredReminder>> ReadAllAsync(CancellationToken cancellationToken) => store.ReadRemindersAsync(cancellationToken);

    /// <summary>Writes one, or replaces the one of the same grain and name; durable when the task ends.</summary>
    public Task UpsertAsync(StoredReminder reminder, CancellationToken cancellationToken) =>
        store.WriteAsync(writer => writer.Effects.Upsert(reminder), cancellationToken);

    /// <summary>Removes one. Gone already is no error.</summary>
    public Task RemoveAsync(GrainRef grain, string name, CancellationToken cancellationToken) =>
        store.WriteAsync(writer => writer.Effects.RemoveReminder(grain, name), cancellationToken);
}
