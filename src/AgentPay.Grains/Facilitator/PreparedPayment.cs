using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Facilitator;

/// <summary>A payment after every check that needs no chain.</summary>
/// <param name="Terms">What was signed, in canonical spelling.</param>
/// <param name="Transfer">The same for the chain.</param>
/// <param name="Digest">What was signed.</param>
/// <param name="SignedByPayer">The signature recovers to the payer's own address.</param>
/// <param name="TimeRefusal">The code of the time rule it breaks; null when none.</param>
internal sealed record PreparedPayment(SettlementTerms Terms, Eip3009Transfer Transfer, Bytes32 Digest, bool SignedByPayer, string? TimeRefusal)
{
    /// <summary>It counts among what its payer has under way.</summary>
    public bool IsCounted { get; init; }

    public string Id { get; } = SettlementId.Of(Terms);

    /// <summary>The same, of a payer that has code.</summary>
    public PreparedPayment ByWallet() => this with { Terms = Terms with { PayerHasCode = true }, Transfer = Transfer with { PayerHasCode = true } };
}
