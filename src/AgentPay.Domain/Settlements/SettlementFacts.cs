using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Settlements;

/// <summary>To the signer: an authorization waits for a transaction.</summary>
/// <param name="Settlement">Who waits.</param>
/// <param name="Attempt">Its attempt; a later one is other work.</param>
/// <param name="Terms">What to send.</param>
[GenerateSerializer, Immutable, Alias("agentpay.SettlementReserved")]
public sealed record SettlementReserved([property: Id(0)] string Settlement, [property: Id(1)] int Attempt, [property: Id(2)] SettlementTerms Terms) : Fact;

/// <summary>To the settlement: what the signer or the chain says.</summary>
/// <param name="Command">The command that follows.</param>
[GenerateSerializer, Immutable, Alias("agentpay.SettlementReported")]
public sealed record SettlementReported([property: Id(0)] SettlementCommand Command) : Fact;
