using AgentPay.Domain.Decisions;
using AgentPay.Grains.Messages;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Journal;

/// <summary>
/// A grain's memory and its pen. Decisions are made synchronously on the newest state, even before that is durable; every answer,
/// refusals and reads included, leaves only when the version it saw is durable. A failed write fails everything decided on it, and the memory is dropped.
/// </summary>
/// <typeparam name="TState">The grain's state record.</typeparam>
public interface IJournal<TState>
    where TState : class
{
    /// <summary>The newest state decided, durable or not; null when there is none or it was not read yet.</summary>
    TState? Newest { get; }

    /// <summary>
    /// Decides and writes. Loses a race for the row's version: reads the row again and decides again, at most <see cref="Journal.DecisionsMax"/> times.
    /// </summary>
    /// <param name="decide">Pure: newest state and time to an outcome; may be called again.</param>
    /// <param name="consumes">The message that asked, removed in the same commit; when it is gone already, nothing is decided.</param>
    /// <param name="cancellationToken">Honoured up to the decision, never after it.</param>
    /// <exception cref="StoreUnavailableException">Nothing was decided that anyone saw; ask again.</exception>
    Task<Outcome<TState>> DecideAsync(
        Func<TState?, DateTimeOffset, Outcome<TState>> decide, Consumption? consumes = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Decides and writes together with the answer to the request that asked. The answer's key is unique: when it stands already, nothing is decided.
    /// </summary>
    /// <param name="decide">Pure: newest state and time to a changing outcome and its answer; may be called again.</param>
    /// <returns>The outcome; null when the answer's key stands already, so that answer is to be read.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was decided that anyone saw; ask again.</exception>
    Task<Outcome<TState>?> DecideOnceAsync(Func<TState?, DateTimeOffset, (Outcome<TState> Outcome, Answer Answer)> decide);

    /// <summary>The newest state, once it is durable.</summary>
    Task<TState?> ReadAsync(CancellationToken cancellationToken = default);
}

/// <summary>Limits of journals.</summary>
public static class Journal
{
    /// <summary>How often a decision is made anew when other processes win the race for its row.</summary>
    public const int DecisionsMax = 5;
}
