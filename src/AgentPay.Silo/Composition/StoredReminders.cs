#if !ORLEANS
using AgentPay.Domain.Decisions;
using AgentPay.EmbeddedSilo.Reminders;
using AgentPay.Storage.Contract;

namespace AgentPay.Silo.Composition;

/// <summary>Keeps the silo's reminders in the engine's own store.</summary>
internal sealed class StoredReminders(IStoredReminders rows) : IReminderStore
{
    public async Task<IReadOnlyList<ReminderRow>> ReadAllAsync(CancellationToken cancellationToken) =>
        [.. (await rows.ReadAllAsync(cancellationToken)).Select(row =>
            new ReminderRow(GrainId.Create(row.Grain.Type, row.Grain.Key), row.Name, row.StartAt, row.Period))];

    public Task UpsertAsync(ReminderRow row, CancellationToken cancellationToken) =>
        rows.UpsertAsync(new StoredReminder(RefOf(row.GrainId), row.Name, row.StartAt, row.Period), cancellationToken);

    public Task RemoveAsync(GrainId grainId, string name, CancellationToken cancellationToken) =>
        rows.RemoveAsync(RefOf(grainId), name, cancellationToken);

    private static GrainRef RefOf(GrainId grain) => new(grain.Type.ToString()!, grain.Key.ToString()!);
}
#endif
