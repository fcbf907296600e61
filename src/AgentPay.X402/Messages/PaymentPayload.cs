namespace AgentPay.X402.Messages;

/// <summary>A payment as the client sent it, in one form for v1 and v2.</summary>
public sealed record PaymentPayload
{
    /// <summary>The protocol version it was written in.</summary>
    public required X402Version Version { get; init; }

    /// <summary>The scheme the client chose.</summary>
    public required string Scheme { get; init; }

    /// <summary>Canonical CAIP-2 name of the network the client chose.</summary>
    public required string Network { get; init; }

    /// <summary>The network as the message names it.</summary>
    public required string NetworkAsSent { get; init; }

    /// <summary>The terms the client says it accepted (v2); null in v1, which does not repeat them.</summary>
    public PaymentRequirements? Accepted { get; init; }

    /// <summary>The EIP-3009 authorization; null when the payload is of another scheme, network family or transfer method.</summary>
    public TransferAuthorization? Authorization { get; init; }

    /// <summary>The Permit2 transfer (v2); null when the payload is of another method.</summary>
    public Permit2Authorization? Permit2 { get; init; }

    /// <summary>The payer's approval of Permit2 by the extension <c>eip2612GasSponsoring</c> (v2); null when none is given.</summary>
    public Eip2612Approval? Eip2612 { get; init; }

    /// <summary>The payer's approval of Permit2 by the extension <c>erc20ApprovalGasSponsoring</c> (v2); null when none is given.</summary>
    public Erc20Approval? Erc20Approval { get; init; }

    /// <summary>Who pays, as the payload names it; null when it is of no method known here.</summary>
    public string? Payer => Authorization?.From ?? Permit2?.From;

    /// <summary>The URL the client says it pays for (v2); null when it does not say.</summary>
    public string? ResourceUrl { get; init; }

    /// <summary>The member <c>extensions</c> as JSON text (v2); null when absent.</summary>
    public string? ExtensionsJson { get; init; }

    /// <summary>The id of the extension <c>payment-identifier</c>: 16 to 128 of <c>a-zA-Z0-9_-</c>; null when the client gives none.</summary>
    public string? PaymentIdentifier { get; init; }
}
