namespace AgentPay.X402;

/// <content>The codes of the transfer method Permit2.</content>
public static partial class ErrorCodes
{
    /// <summary>The signature is not the payer's over this Permit2 transfer and witness.</summary>
    public const string InvalidPermit2Signature = "invalid_permit2_signature";

    /// <summary>The spender that was signed is not the x402 proxy for scheme <c>exact</c>.</summary>
    public const string InvalidPermit2Spender = "invalid_permit2_spender";

    /// <summary>The witness, or the accepted terms, pay someone other than <c>payTo</c>.</summary>
    public const string InvalidPermit2RecipientMismatch = "invalid_permit2_recipient_mismatch";

    /// <summary>The deadline is too soon to settle before it, is over, or is too far in the future.</summary>
    public const string Permit2DeadlineExpired = "permit2_deadline_expired";

    /// <summary>The witness is not valid yet.</summary>
    public const string Permit2NotYetValid = "permit2_not_yet_valid";

    /// <summary>The permitted amount, or the accepted amount, is not exactly the required amount.</summary>
    public const string Permit2AmountMismatch = "permit2_amount_mismatch";

    /// <summary>The permitted token is not the required asset.</summary>
    public const string Permit2TokenMismatch = "permit2_token_mismatch";

    /// <summary>The payer holds fewer atoms of the asset than the amount.</summary>
    public const string Permit2InsufficientBalance = "permit2_insufficient_balance";

    /// <summary>The payer has not approved Permit2 to move this much of the asset; a seller answers it with status 412.</summary>
    public const string Permit2AllowanceRequired = "permit2_allowance_required";

    /// <summary>The x402 proxy, or Permit2 behind it, does not live on this network.</summary>
    public const string Permit2ProxyNotDeployed = "permit2_proxy_not_deployed";

    /// <summary>The nonce is used or invalidated at Permit2, or reserved here for another payment.</summary>
    public const string Permit2InvalidNonce = "permit2_invalid_nonce";

    /// <summary>The proxy refuses the transfer for a reason that could not be named.</summary>
    public const string Permit2SimulationFailed = "permit2_simulation_failed";

    /// <summary>The extension <c>eip2612GasSponsoring</c> is not of the demanded shape, or its signature is no key's.</summary>
    public const string InvalidEip2612ExtensionFormat = "invalid_eip2612_extension_format";

    /// <summary>The sponsored approval is of another account than the payer.</summary>
    public const string Eip2612FromMismatch = "eip2612_from_mismatch";

    /// <summary>The sponsored approval is for another token than the asset.</summary>
    public const string Eip2612AssetMismatch = "eip2612_asset_mismatch";

    /// <summary>The sponsored approval is for another spender than Permit2.</summary>
    public const string Eip2612SpenderNotPermit2 = "eip2612_spender_not_permit2";

    /// <summary>The sponsored approval ends too soon to be settled, or has ended.</summary>
    public const string Eip2612DeadlineExpired = "eip2612_deadline_expired";

    /// <summary>The sponsored approval is not for exactly the permitted amount.</summary>
    public const string Permit2Eip2612AmountMismatch = "permit2_2612_amount_mismatch";

    /// <summary>The extension <c>erc20ApprovalGasSponsoring</c> is not of the demanded shape.</summary>
    public const string InvalidErc20ApprovalExtensionFormat = "invalid_erc20_approval_extension_format";

    /// <summary>The sponsored approval is of another account than the payer.</summary>
    public const string Erc20ApprovalFromMismatch = "erc20_approval_from_mismatch";

    /// <summary>The sponsored approval is for another token than the asset.</summary>
    public const string Erc20ApprovalAssetMismatch = "erc20_approval_asset_mismatch";

    /// <summary>The sponsored approval is for another spender than Permit2.</summary>
    public const string Erc20ApprovalSpenderNotPermit2 = "erc20_approval_spender_not_permit2";

    /// <summary>The approval is no transaction of a kind that is read here: legacy with a chain id (EIP-155), or type 2 (EIP-1559).</summary>
    public const string Erc20ApprovalTxParseFailed = "erc20_approval_tx_parse_failed";

    /// <summary>The approval calls another contract than the asset.</summary>
    public const string Erc20ApprovalTxWrongTarget = "erc20_approval_tx_wrong_target";

    /// <summary>The approval calls another function than <c>approve</c>.</summary>
    public const string Erc20ApprovalTxWrongSelector = "erc20_approval_tx_wrong_selector";

    /// <summary>The call of <c>approve</c> cannot be read.</summary>
    public const string Erc20ApprovalTxInvalidCalldata = "erc20_approval_tx_invalid_calldata";

    /// <summary>The transaction approves another spender than Permit2.</summary>
    public const string Erc20ApprovalTxWrongSpender = "erc20_approval_tx_wrong_spender";

    /// <summary>The transaction's signature is no key's.</summary>
    public const string Erc20ApprovalTxInvalidSignature = "erc20_approval_tx_invalid_signature";

    /// <summary>The transaction is signed by another key than the payer's.</summary>
    public const string Erc20ApprovalTxSignerMismatch = "erc20_approval_tx_signer_mismatch";

    /// <summary>The approval cannot be mined, would revert, or was mined and reverted.</summary>
    public const string Erc20ApprovalTxFailed = "erc20_approval_tx_failed";

    /// <summary>The approval cannot be sent: the payer cannot pay its gas, or the node does not take it.</summary>
    public const string Erc20ApprovalBroadcastFailed = "erc20_approval_broadcast_failed";
}
