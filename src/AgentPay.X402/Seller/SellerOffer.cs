using AgentPay.X402.Headers;
using AgentPay.X402.Messages;
using AgentPay.X402.Writing;

namespace AgentPay.X402.Seller;

/// <summary>What a seller asks for one resource: the 402 of both versions, and which of its own terms a payment meets.</summary>
/// <param name="Resource">What is sold.</param>
/// <param name="Terms">The ways to pay, the favourite first; at least one.</param>
/// <param name="ExtensionsJson">The extensions the seller understands (v2), as JSON text; null for none.</param>
public sealed record SellerOffer(ResourceInfo Resource, IReadOnlyList<PaymentTerms> Terms, string? ExtensionsJson = null)
{
    /// <summary>The value of the header <see cref="HeaderNames.PaymentRequired"/> (v2).</summary>
    /// <param name="error">Why payment is asked for, or the code of the refused payment.</param>
    public string ToHeader(string error) => HeaderCodec.Encode(TermsWriter.Write(X402Version.V2, ToPaymentRequired(X402Version.V2, error, payer: null)));

    /// <summary>The body of the 402 as UTF-8 JSON (v1); null when v1 has no name for any of the networks.</summary>
    /// <param name="error">Why payment is asked for, or the code of the refused payment.</param>
    /// <param name="payer">The payer of the refused payment, when known.</param>
    public byte[]? ToBody(string error, string? payer = null)
    {
        var required = ToPaymentRequired(X402Version.V1, error, payer);
        return required.Accepts.Count == 0 ? null : TermsWriter.Write(X402Version.V1, required);
    }

    /// <summary>
    /// The seller's own requirements that a payment meets; null when it meets none. v2: scheme, network, amount, asset, payee and timeout
    /// of what was accepted are the seller's, and the seller's <c>extra</c> is contained in the accepted one. v1 repeats no terms: scheme and network decide,
    /// and the price is always the seller's. Judge the payment by what is returned, never by what the client sent.
    /// </summary>
    public PaymentRequirements? Match(PaymentPayload payload)
    {
        foreach (var terms in Terms)
        {
            if (terms.Scheme == payload.Scheme && terms.Network == payload.Network && (payload.Accepted is null || IsAccepted(terms, payload.Accepted)))
            {
                return terms.ToRequirements(payload.Version);
            }
        }

        return null;
    }

    private static bool IsAccepted(PaymentTerms own, PaymentRequirements accepted) =>
        own.Amount == accepted.Amount
        && IsSameParty(own.Network, own.Asset, accepted.Asset)
        && IsSameParty(own.Network, own.PayTo, accepted.PayTo)
        && own.MaxTimeoutSeconds == accepted.MaxTimeoutSeconds
        && JsonContainment.Holds(own.Extra.Json, accepted.Extra.Json);

    /// <summary>EVM addresses have no case; the names of other networks' parties may (Solana's Base58 does).</summary>
    private static bool IsSameParty(string network, string own, string accepted) =>
        string.Equals(own, accepted, network.StartsWith("eip155:", StringComparison.Ordinal) ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    private PaymentRequired ToPaymentRequired(X402Version version, string error, string? payer)
    {
        var accepts = new List<PaymentRequirements>(Terms.Count);
        foreach (var terms in Terms)
        {
            if (terms.ToRequirements(version) is { } requirements)
            {
                accepts.Add(requirements);
            }
        }

        return new PaymentRequired(Resource, accepts, error, payer, ExtensionsJson);
    }
}
