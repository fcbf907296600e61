namespace AgentPay.X402.Messages;

/// <summary>A facilitator's answer to <c>POST /settle</c>, and the receipt a seller hands on in a header.</summary>
public sealed record SettleResponse
{
    /// <summary>The payment is settled, and this answer is the one that says so.</summary>
    public required bool Success { get; init; }

    /// <summary>One of <see cref="ErrorCodes"/>; null on success.</summary>
    public string? ErrorReason { get; init; }

    /// <summary>One sentence for a developer; null on success.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>The payer's address when it could be read.</summary>
    public string? Payer { get; init; }

    /// <summary>The transaction's hash; empty when there is none.</summary>
    public string Transaction { get; init; } = "";

    /// <summary>CAIP-2 name, written by its v1 name in a v1 answer; empty when the request named none.</summary>
    public string Network { get; init; } = "";

    /// <summary>Atoms actually moved, where a scheme settles less than was authorized; null writes none.</summary>
    public string? Amount { get; init; }
}
