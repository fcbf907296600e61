using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Reminders;

/// <summary>One stored reminder. It ticks at <paramref name="StartAt"/> and every <paramref name="Period"/> after it.</summary>
/// <param name="GrainId">The grain it wakes.</param>
/// <param name="Name">Unique in the grain.</param>
/// <param name="StartAt">The first tick, UTC.</param>
/// <param name="Period">The time between ticks.</param>
public sealed record ReminderRow(GrainId GrainId, string Name, DateTimeOffset StartAt, TimeSpan Period);
