namespace AgentPay.X402.Extensions;

/// <summary>The extension <c>eip2612GasSponsoring</c>: who pays by Permit2 signs its approval too, and the facilitator pays the gas of both.</summary>
public static class GasSponsoringExtension
{
    /// <summary>The key under <c>extensions</c>.</summary>
    public const string Eip2612 = "eip2612GasSponsoring";

    /// <summary>What a seller puts into <c>extensions</c> to say that its facilitator takes a signed approval.</summary>
    public const string Eip2612Json =
        """{"eip2612GasSponsoring":{"info":{"description":"Sign an EIP-2612 approval of Permit2 and the facilitator pays its gas.","version":"1"},"schema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"from":{"type":"string"},"asset":{"type":"string"},"spender":{"type":"string"},"amount":{"type":"string"},"nonce":{"type":"string"},"deadline":{"type":"string"},"signature":{"type":"string"},"version":{"type":"string"}},"required":["from","asset","spender","amount","nonce","deadline","signature","version"]}}}""";

    /// <summary>The same beside <see cref="PaymentIdentifierExtension.OptionalJson"/>.</summary>
    public static string WithPaymentIdentifierJson { get; } = $"{PaymentIdentifierExtension.OptionalJson[..^1]},{Eip2612Json[1..]}";
}
