namespace AgentPay.Domain.Settlements;

/// <summary>
/// By what contract a settlement moves the money: the stored names of <see cref="SettlementTerms.Method"/>, which are the wire names of x402's
/// <c>assetTransferMethod</c> (x402 v2, scheme exact on EVM).
/// </summary>
public static class SettlementMethods
{
    /// <summary>The token's own <c>transferWithAuthorization</c> (EIP-3009).</summary>
    public const string Eip3009 = "eip3009";

    /// <summary>Uniswap's Permit2, asked by the x402 proxy.</summary>
    public const string Permit2 = "permit2";
}
