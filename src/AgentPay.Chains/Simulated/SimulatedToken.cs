namespace AgentPay.Chains.Evm.Simulated;

/// <summary>A token with transfers by signed authorization (EIP-3009) on a simulated chain.</summary>
/// <param name="Address">The contract.</param>
/// <param name="Name">EIP-712 domain name.</param>
/// <param name="Version">EIP-712 domain version.</param>
public sealed record SimulatedToken(Address Address, string Name, string Version)
{
    /// <summary>Every transfer reverts while this is set.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Transfers succeed and use the authorization up, but no Transfer is logged.</summary>
    public bool HidesTransfers { get; set; }
}
