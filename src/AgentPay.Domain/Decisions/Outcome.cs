namespace AgentPay.Domain.Decisions;

/// <summary>
/// What a decision came to: a state (with effects, if it changed) or a refusal. A refusal never changes anything.
/// </summary>
/// <typeparam name="TState">The grain's state record.</typeparam>
public sealed record Outcome<TState>
    where TState : class
{
    private Outcome()
    {
    }

    /// <summary>The state after the decision; null only when refused before any state existed.</summary>
    public TState? State { get; private init; }

    /// <summary>Why not; null when the command was accepted or changed nothing.</summary>
    public Refusal? Refusal { get; private init; }

    /// <summary>What the change causes.</summary>
    public Effects Effects { get; private init; } = Effects.None;

    /// <summary>True when there is something to write.</summary>
    public bool IsChange { get; private init; }

    /// <summary>A new state and what it causes.</summary>
    public static Outcome<TState> Changed(TState state, Effects? effects = null) =>
        new() { State = state, Effects = effects ?? Effects.None, IsChange = true };

    /// <summary>Nothing changes: the command repeats what is already so.</summary>
    public static Outcome<TState> Unchanged(TState? state) => new() { State = state };

    /// <summary>An expected no.</summary>
    public static Outcome<TState> Refused(TState? state, Refusal refusal) => new() { State = state, Refusal = refusal };
}
