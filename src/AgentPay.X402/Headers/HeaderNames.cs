namespace AgentPay.X402.Headers;

/// <summary>The HTTP headers of x402. Names of headers are case-insensitive.</summary>
public static class HeaderNames
{
    /// <summary>v1, client to seller: the payment.</summary>
    public const string XPayment = "X-PAYMENT";

    /// <summary>v1, seller to client: the receipt.</summary>
    public const string XPaymentResponse = "X-PAYMENT-RESPONSE";

    /// <summary>v2, seller to client: the terms, on every 402 that asks for payment.</summary>
    public const string PaymentRequired = "PAYMENT-REQUIRED";

    /// <summary>v2, client to seller: the payment.</summary>
    public const string PaymentSignature = "PAYMENT-SIGNATURE";

    /// <summary>v2, seller to client: the receipt, also of a failed settlement.</summary>
    public const string PaymentResponse = "PAYMENT-RESPONSE";

    /// <summary>The receipt header of a version.</summary>
    public static string ReceiptOf(X402Version version) => version == X402Version.V1 ? XPaymentResponse : PaymentResponse;

    /// <summary>The payment header of a version.</summary>
    public static string PaymentOf(X402Version version) => version == X402Version.V1 ? XPayment : PaymentSignature;
}
