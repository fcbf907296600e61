using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Reminders. A grain may have one before it has a row, so they are kept by its name.</summary>
internal sealed class ReminderRows(SqliteConnection connection)
{
    private const string UpsertRow = """
        INSERT INTO reminders (grain_type, grain_key, name, start_at, period) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (grain_type, grain_key, name) DO UPDATE SET start_at = excluded.start_at, period = excluded.period
        """;

    private const string Delete = "DELETE FROM reminders WHERE grain_type = ?1 AND grain_key = ?2 AND name = ?3";

    internal void Upsert(StoredReminder reminder) =>
        connection.Statement(UpsertRow)
            .Bind(1, reminder.Grain.Type).Bind(2, reminder.Grain.Key).Bind(3, reminder.Name)
            .Bind(4, StoredTime.From(reminder.StartAt)).Bind(5, reminder.Period.Ticks / TimeSpan.TicksPerMicrosecond).Execute();

    internal void Remove(GrainRef grain, string name) =>
        connection.Statement(Delete).Bind(1, grain.Type).Bind(2, grain.Key).Bind(3, name).Execute();
}
