namespace AgentPay.Domain.Settlements;

/// <summary>Where one payment authorization stands. Only <see cref="Failed"/>, <see cref="Final"/> and <see cref="Released"/> rest.</summary>
[GenerateSerializer]
public enum SettlementStatus
{
    /// <summary>A seller runs its handler for this payment; nothing is promised to the chain yet.</summary>
    Admitted,

    /// <summary>The handler failed: the authorization is untouched and may be used again.</summary>
    Released,

    /// <summary>The signature verified and its digest is stored; no transaction holds it yet.</summary>
    Reserved,

    /// <summary>Inside a committed transaction, which may be on its way.</summary>
    Submitted,

    /// <summary>Between submission and proof: it may or may not have happened. Never reported as failed.</summary>
    Unknown,

    /// <summary>Mined to the configured depth, with our Transfer and AuthorizationUsed seen.</summary>
    Confirmed,

    /// <summary>Deep enough that the chain calls it safe.</summary>
    Safe,

    /// <summary>Deep enough that the chain calls it final.</summary>
    Final,

    /// <summary>Proven not to have happened.</summary>
    Failed,
}
