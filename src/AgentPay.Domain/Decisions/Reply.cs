namespace AgentPay.Domain.Decisions;

/// <summary>A grain's answer: the state as it stands, durable, and why not when it refused.</summary>
/// <typeparam name="TState">The grain's state record.</typeparam>
/// <param name="State">Null when there is none.</param>
/// <param name="Refusal">Null when accepted.</param>
[GenerateSerializer, Immutable, Alias("agentpay.Reply`1")]
public sealed record Reply<TState>([property: Id(0)] TState? State, [property: Id(1)] Refusal? Refusal)
    where TState : class
{
    /// <summary>What an outcome answers, once it is durable.</summary>
    public static Reply<TState> Of(Outcome<TState> outcome) => new(outcome.State, outcome.Refusal);
}
