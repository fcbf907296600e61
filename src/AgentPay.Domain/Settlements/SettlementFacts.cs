using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Settlements;

/// <summary>To the signer: an authorization waits for a transaction.</summary>
/// <param name="Settlement">Who waits.</param>
/// <param name="Attempt">Its attempt; a later one is other work.</param>
/// <param name="Terms">What to send.</param>
[GenerateSerializer, Immutable, Alias("agentpay.SettlementReserved")]
public sealed record SettlementReserved([property: Id(0)] string Settlement, [property: Id(1)] int Attempt, [property: Id(2)] SettlementTerms Terms) : Fact;

/// <summary>
/// To the settlement: what the signer or the chain says, and of which authorization. A payment that failed may be signed anew under the same nonce:
/// news of the first must not be taken for the second's.
/// </summary>
/// <param name="Command">The command that follows.</param>
/// <param name="Attempt">The attempt it speaks of.</param>
/// <param name="Digest">The signed digest it speaks of.</param>
[GenerateSerializer, Immutable, Alias("agentpay.SettlementReported")]
public sealed record SettlementReported(
    [property: Id(0)] SettlementCommand Command, [property: Id(1)] int Attempt, [property: Id(2)] string Digest) : Fact;
