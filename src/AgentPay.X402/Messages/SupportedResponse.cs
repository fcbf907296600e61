namespace AgentPay.X402.Messages;

/// <summary>A facilitator's answer to <c>GET /supported</c>; the kinds of both versions share one list.</summary>
/// <param name="Kinds">What can be verified and settled.</param>
/// <param name="Extensions">Names of the extensions that are acted on.</param>
/// <param name="Signers">Addresses that send transactions, by network pattern, for example <c>eip155:*</c>.</param>
public sealed record SupportedResponse(
    IReadOnlyList<SupportedKind> Kinds, IReadOnlyList<string> Extensions, IReadOnlyList<SupportedSigners> Signers);

/// <summary>One thing a facilitator can settle.</summary>
/// <param name="Version">The protocol version.</param>
/// <param name="Scheme">For example <c>exact</c>.</param>
/// <param name="Network">CAIP-2 name; written by its v1 name in a v1 kind, and left out when v1 has no name for it.</param>
/// <param name="ExtraJson">What a seller must put into <c>extra</c>, as JSON text; null writes none.</param>
public sealed record SupportedKind(X402Version Version, string Scheme, string Network, string? ExtraJson = null);

/// <summary>The addresses that send transactions on the networks of a pattern.</summary>
/// <param name="NetworkPattern">A CAIP-2 name or <c>namespace:*</c>.</param>
/// <param name="Addresses">In the order of use.</param>
public sealed record SupportedSigners(string NetworkPattern, IReadOnlyList<string> Addresses);
