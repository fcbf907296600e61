using AgentPay.X402.Messages;
using AgentPay.X402.Parsing;

namespace AgentPay.X402.Headers;

/// <summary>The payment header of a request: its version and its text, not decoded yet.</summary>
/// <param name="Version">The version that the header's name stands for.</param>
/// <param name="Text">The header's value; null when it cannot be one payment.</param>
/// <param name="Fault">Why it cannot be; null when it can.</param>
public sealed record PaymentHeader(X402Version Version, string? Text, ParseFault? Fault)
{
    /// <summary>
    /// Finds the payment of a request; null when it has none. With both headers the v2 one is used and the other is not looked at.
    /// A header that came twice, or with several values in one, is a fault: which of two payments was meant is not for the seller to guess.
    /// </summary>
    /// <param name="paymentSignature">The values of <see cref="HeaderNames.PaymentSignature"/>, one a header line.</param>
    /// <param name="xPayment">The values of <see cref="HeaderNames.XPayment"/>, one a header line.</param>
    public static PaymentHeader? Find(ReadOnlySpan<string?> paymentSignature, ReadOnlySpan<string?> xPayment)
    {
        if (!paymentSignature.IsEmpty)
        {
            return Read(X402Version.V2, paymentSignature);
        }

        return xPayment.IsEmpty ? null : Read(X402Version.V1, xPayment);
    }

    /// <summary>Decodes and reads the payment. <see cref="ParseOutcome.Broken"/> also when the text is not canonical base64.</summary>
    public ParseResult<PaymentPayload> Parse()
    {
        if (Text is null)
        {
            return ParseResult<PaymentPayload>.Broken("", Fault?.Detail ?? "There is no payment.");
        }

        return HeaderCodec.TryDecode(Text, out var message)
            ? PaymentPayloadParser.Parse(message, Version)
            : ParseResult<PaymentPayload>.Broken("", "The header is not canonical base64 with padding of at most 16,384 characters.");
    }

    private static PaymentHeader Read(X402Version version, ReadOnlySpan<string?> values)
    {
        if (values.Length > 1 || (values[0] ?? "").Contains(',', StringComparison.Ordinal))
        {
            return new PaymentHeader(version, Text: null, new ParseFault(ErrorCodes.InvalidPayload, "", "The payment header came more than once."));
        }

        return new PaymentHeader(version, values[0] ?? "", Fault: null);
    }
}
