using AgentPay.X402.Extensions;
using AgentPay.X402.Messages;
using AgentPay.X402.Schemes;
using AgentPay.X402.Seller;

namespace AgentPay.Api.Payments;

/// <summary>The price of an endpoint: what a buyer is asked for.</summary>
/// <param name="Network">CAIP-2 network, for example <c>eip155:8453</c>.</param>
/// <param name="Asset">Token contract.</param>
/// <param name="Amount">Price in the token's smallest unit, decimal text without leading zeros.</param>
/// <param name="PayTo">Who is paid.</param>
/// <param name="TokenName">EIP-712 domain name of the token.</param>
/// <param name="TokenVersion">EIP-712 domain version of the token.</param>
public sealed record PaymentOffer(string Network, string Asset, string Amount, string PayTo, string TokenName, string TokenVersion)
{
    /// <summary>What is sold, in a sentence; buyers' agents read it.</summary>
    public string Description { get; init; } = "";

    /// <summary>Media type of the answer.</summary>
    public string MimeType { get; init; } = "application/json";

    /// <summary>How long a buyer may take from the terms to the payment, in seconds: 10 to 3,600.</summary>
    public int MaxTimeoutSeconds { get; init; } = 120;

    /// <summary>How the token is moved: <c>eip3009</c>, or <c>permit2</c> for any token whose buyers approved Permit2 (version 2 only).</summary>
    public string TransferMethod { get; init; } = SchemeNames.Eip3009;

    /// <summary>
    /// False for a token without EIP-2612 permits that is sold for by <c>permit2</c>. A buyer that did not approve Permit2 is then asked for a transaction that does
    /// (<c>erc20ApprovalGasSponsoring</c>) and never for a permit; <c>TokenName</c> and <c>TokenVersion</c> are not told and may be empty.
    /// </summary>
    public bool TakesPermits { get; init; } = true;

    internal SellerOffer ToSellerOffer(string url) => new(
        new ResourceInfo(url, Description, MimeType),
        [
            new PaymentTerms
            {
                Network = Network,
                Amount = Amount,
                Asset = Asset,
                PayTo = PayTo,
                MaxTimeoutSeconds = MaxTimeoutSeconds,
                Extra = ToExtra(),
            },
        ],
        TransferMethod != SchemeNames.Permit2 ? PaymentIdentifierExtension.OptionalJson
            : TakesPermits ? GasSponsoringExtension.WithPaymentIdentifierJson
            : GasSponsoringExtension.WithoutPermitsJson);

    private RequirementsExtra ToExtra() =>
        TransferMethod != SchemeNames.Permit2 ? RequirementsExtra.ForEip712Domain(TokenName, TokenVersion)
            : TakesPermits ? RequirementsExtra.ForPermit2(TokenName, TokenVersion)
            : RequirementsExtra.Permit2;
}
