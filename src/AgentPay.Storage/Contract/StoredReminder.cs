using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Contract;

/// <summary>A reminder as it is stored; times to the microsecond, rounded down.</summary>
/// <param name="Grain">Who is woken.</param>
/// <param name="Name">Its name within the grain.</param>
/// <param name="StartAt">When it is due first, UTC.</param>
/// <param name="Period">How often after that.</param>
public sealed record StoredReminder(GrainRef Grain, string Name, DateTimeOffset StartAt, TimeSpan Period);
