namespace AgentPay.X402.Schemes;

/// <summary>The names of the schemes, transfer methods and payment flows that are understood here.</summary>
public static class SchemeNames
{
    /// <summary>Exactly the amount, once.</summary>
    public const string Exact = "exact";

    /// <summary>The transfer method by EIP-3009; the default of <see cref="Exact"/> on EVM.</summary>
    public const string Eip3009 = "eip3009";

    /// <summary>The transfer method by Permit2 and the x402 proxy.</summary>
    public const string Permit2 = "permit2";

    /// <summary>The payment flow that settles after the work; the default.</summary>
    public const string AuthorizationFlow = "authorization";

    /// <summary>The payment flow that settles before the work.</summary>
    public const string UpfrontFlow = "upfront";
}
