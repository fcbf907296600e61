namespace AgentPay.X402.Extensions;

/// <summary>
/// The extensions by which who pays by Permit2 signs its approval too: <c>eip2612GasSponsoring</c> (a permit of the token, which goes in the same call) and
/// <c>erc20ApprovalGasSponsoring</c> (a transaction of the payer's own, which goes before).
/// </summary>
public static class GasSponsoringExtension
{
    /// <summary>The key under <c>extensions</c>.</summary>
    public const string Eip2612 = "eip2612GasSponsoring";

    /// <summary>The key under <c>extensions</c> of an approval that is a transaction.</summary>
    public const string Erc20Approval = "erc20ApprovalGasSponsoring";

    /// <summary>What a seller puts into <c>extensions</c> to say that its facilitator takes a signed approval.</summary>
    public const string Eip2612Json =
        """{"eip2612GasSponsoring":{"info":{"description":"Sign an EIP-2612 approval of Permit2 and the facilitator pays its gas.","version":"1"},"schema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"from":{"type":"string"},"asset":{"type":"string"},"spender":{"type":"string"},"amount":{"type":"string"},"nonce":{"type":"string"},"deadline":{"type":"string"},"signature":{"type":"string"},"version":{"type":"string"}},"required":["from","asset","spender","amount","nonce","deadline","signature","version"]}}}""";

    /// <summary>What a seller puts into <c>extensions</c> to say that its facilitator takes a signed transaction that approves.</summary>
    public const string Erc20ApprovalJson =
        """{"erc20ApprovalGasSponsoring":{"info":{"description":"Sign a transaction that approves Permit2 and the facilitator sends it before the payment.","version":"1"},"schema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"from":{"type":"string"},"asset":{"type":"string"},"spender":{"type":"string"},"amount":{"type":"string"},"signedTransaction":{"type":"string"},"version":{"type":"string"}},"required":["from","asset","spender","amount","signedTransaction","version"]}}}""";

    /// <summary>Both beside <see cref="PaymentIdentifierExtension.OptionalJson"/>, for a token that takes permits.</summary>
    public static string WithPaymentIdentifierJson { get; } = $"{PaymentIdentifierExtension.OptionalJson[..^1]},{Eip2612Json[1..^1]},{Erc20ApprovalJson[1..]}";

    /// <summary>
    /// The transaction alone beside <see cref="PaymentIdentifierExtension.OptionalJson"/>, for a token without permits. A client that is offered both signs a permit.
    /// </summary>
    public static string WithoutPermitsJson { get; } = $"{PaymentIdentifierExtension.OptionalJson[..^1]},{Erc20ApprovalJson[1..]}";
}
