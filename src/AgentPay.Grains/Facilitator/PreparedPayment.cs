using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Facilitator;

/// <summary>A payment after every check that needs no chain.</summary>
/// <param name="Terms">What was signed, in canonical spelling.</param>
/// <param name="Digest">What was signed.</param>
/// <param name="SignedByPayer">The signature recovers to the payer's own address.</param>
/// <param name="TimeRefusal">The code of the time rule it breaks; null when none.</param>
internal sealed record PreparedPayment(SettlementTerms Terms, Bytes32 Digest, bool SignedByPayer, string? TimeRefusal)
{
    /// <summary>It counts among what its payer has under way.</summary>
    public bool IsCounted { get; init; }

    /// <summary>It was under way when it was looked at, and for that alone it was not held against the chain.</summary>
    public bool WasUnderWay { get; init; }

    /// <summary>The same as the terms, for the chain; null for another method.</summary>
    public Eip3009Transfer? Eip3009 { get; init; }

    /// <summary>The same as the terms, for the chain; null for another method.</summary>
    public Permit2Transfer? Permit2 { get; init; }

    /// <summary>The payer's transaction that approves Permit2; null when none came with the payment.</summary>
    public SignedApproval? Approval { get; init; }

    /// <summary>Its signature is of a wallet that may not be deployed yet (ERC-6492).</summary>
    public bool IsWrapped { get; init; }

    public string Id { get; } = SettlementId.Of(Terms);

    /// <summary>The same, of a payer that has code: whatever its signature says of a deployment no longer matters.</summary>
    public PreparedPayment ByWallet() => this with
    {
        Terms = Terms with { PayerHasCode = true },
        Eip3009 = Eip3009 is { } eip3009 ? eip3009 with { PayerHasCode = true, Deployment = null } : null,
        Permit2 = Permit2 is { } permit2 ? permit2 with { PayerHasCode = true } : null,
    };

    /// <summary>The same, of a payer whose approval is sent first.</summary>
    public PreparedPayment ByApproval(SignedApproval approval) => this with
    {
        Terms = Terms with
        {
            Approval = new ApprovalTerms("0x" + Convert.ToHexStringLower(approval.Raw.Span), approval.Hash.ToString(), approval.Request.Nonce),
        },
    };

    /// <summary>The same, of a payer whose wallet is deployed in the settling transaction.</summary>
    public PreparedPayment ByDeployment(WalletDeployment deployment) => this with
    {
        Terms = Terms with
        {
            PayerHasCode = true,
            Deployment = new DeploymentTerms(deployment.Factory.ToString(), "0x" + Convert.ToHexStringLower(deployment.Calldata.Span)),
        },
    };
}
