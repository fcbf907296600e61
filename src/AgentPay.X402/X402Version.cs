namespace AgentPay.X402;

/// <summary>The protocol version of a message: the value of its <c>x402Version</c> member.</summary>
public enum X402Version
{
    /// <summary>x402 v1: terms in the 402 body, networks by name.</summary>
    V1 = 1,

    /// <summary>x402 v2: terms in the <c>PAYMENT-REQUIRED</c> header, networks by CAIP-2.</summary>
    V2 = 2,
}
