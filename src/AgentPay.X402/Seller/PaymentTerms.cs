using AgentPay.X402.Messages;
using AgentPay.X402.Networks;
using AgentPay.X402.Schemes;

namespace AgentPay.X402.Seller;

/// <summary>One way to pay that a seller offers, whatever the protocol version.</summary>
public sealed record PaymentTerms
{
    /// <summary>For example <c>exact</c>.</summary>
    public string Scheme { get; init; } = SchemeNames.Exact;

    /// <summary>Canonical CAIP-2 name.</summary>
    public required string Network { get; init; }

    /// <summary>Atoms, canonical decimal.</summary>
    public required string Amount { get; init; }

    /// <summary>The token's address.</summary>
    public required string Asset { get; init; }

    /// <summary>The payee's address.</summary>
    public required string PayTo { get; init; }

    /// <summary>Seconds a client makes its authorization valid for, from 1 to <see cref="X402Limits.TimeoutSecondsMax"/>.</summary>
    public required int MaxTimeoutSeconds { get; init; }

    /// <summary>The token's EIP-712 domain and whatever else the scheme needs.</summary>
    public required RequirementsExtra Extra { get; init; }

    /// <summary>The terms as a message of this version names them; null when v1 has no name for the network.</summary>
    public PaymentRequirements? ToRequirements(X402Version version) =>
        LegacyNetworkNames.ForVersion(version, Network) is not { } networkAsSent
            ? null
            : new PaymentRequirements
            {
                Scheme = Scheme,
                Network = Network,
                NetworkAsSent = networkAsSent,
                Amount = Amount,
                Asset = Asset,
                PayTo = PayTo,
                MaxTimeoutSeconds = MaxTimeoutSeconds,
                Extra = Extra,
            };
}
