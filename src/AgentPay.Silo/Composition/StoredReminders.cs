#if !ORLEANS
using AgentPay.Domain.Decisions;
using AgentPay.EmbeddedSilo;
using AgentPay.Storage.Sqlite;

namespace AgentPay.Silo.Composition;

/// <summary>Keeps the silo's reminders in the engine's own file.</summary>
internal sealed class StoredReminders(SqliteReminders rows) : IReminderStore
{
}
#endif
