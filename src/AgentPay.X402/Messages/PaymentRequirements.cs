namespace AgentPay.X402.Messages;

/// <summary>One way to pay, as v1 and v2 both say it: an entry of <c>accepts</c>, or the requirements sent to a facilitator.</summary>
public sealed record PaymentRequirements
{
    /// <summary>For example <c>exact</c>.</summary>
    public required string Scheme { get; init; }

    /// <summary>Canonical CAIP-2 name, whatever the version.</summary>
    public required string Network { get; init; }

    /// <summary>The network as the message names it: CAIP-2 in v2, a name such as <c>base-sepolia</c> in v1.</summary>
    public required string NetworkAsSent { get; init; }

    /// <summary>Atoms of the asset as canonical decimal text (v1: <c>maxAmountRequired</c>), 0 to 2^256 - 1.</summary>
    public required string Amount { get; init; }

    /// <summary>The token; on EVM its address in the sender's letter case.</summary>
    public required string Asset { get; init; }

    /// <summary>The payee; on EVM an address in the sender's letter case.</summary>
    public required string PayTo { get; init; }

    /// <summary>Seconds a client makes its authorization valid for, from 1 to <see cref="X402Limits.TimeoutSecondsMax"/>.</summary>
    public required int MaxTimeoutSeconds { get; init; }

    /// <summary>What the scheme needs beside this.</summary>
    public RequirementsExtra Extra { get; init; } = RequirementsExtra.Absent;
}
