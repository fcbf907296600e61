namespace AgentPay.X402;

/// <summary>
/// The codes given as <c>invalidReason</c>, <c>errorReason</c> and <c>error</c>. The names are those of the x402 specification and of its
/// reference implementation; where the two differ the implementation's name is used, because that is what clients switch on.
/// </summary>
public static partial class ErrorCodes
{
    /// <summary><c>x402Version</c> is missing, is not the number 1 or 2, or differs between envelope and payload.</summary>
    public const string InvalidX402Version = "invalid_x402_version";

    /// <summary>The requirements ask for a scheme that is not offered here.</summary>
    public const string UnsupportedScheme = "unsupported_scheme";

    /// <summary>The network is not a known v1 name or a canonical CAIP-2 name, or is not served here.</summary>
    public const string InvalidNetwork = "invalid_network";

    /// <summary>The message or its payment payload is not of the demanded shape.</summary>
    public const string InvalidPayload = "invalid_payload";

    /// <summary>The payment requirements are not of the demanded shape, or the payer accepted another asset than they name.</summary>
    public const string InvalidPaymentRequirements = "invalid_payment_requirements";

    /// <summary>The payment is of another scheme than <c>exact</c>.</summary>
    public const string InvalidExactEvmScheme = "invalid_exact_evm_scheme";

    /// <summary>The requirements lack the token's EIP-712 name or version in <c>extra</c>.</summary>
    public const string InvalidExactEvmMissingEip712Domain = "invalid_exact_evm_missing_eip712_domain";

    /// <summary>The payment is for another network than the requirements.</summary>
    public const string InvalidExactEvmNetworkMismatch = "invalid_exact_evm_network_mismatch";

    /// <summary>The signature is not the payer's over this authorization.</summary>
    public const string InvalidExactEvmSignature = "invalid_exact_evm_signature";

    /// <summary>The authorization, or the accepted terms, pay someone other than <c>payTo</c>.</summary>
    public const string InvalidExactEvmRecipientMismatch = "invalid_exact_evm_recipient_mismatch";

    /// <summary>The authorization expires too soon to be settled, or too far in the future.</summary>
    public const string InvalidExactEvmValidBefore = "invalid_exact_evm_payload_authorization_valid_before";

    /// <summary>The authorization is not valid yet.</summary>
    public const string InvalidExactEvmValidAfter = "invalid_exact_evm_payload_authorization_valid_after";

    /// <summary>The authorized value, or the accepted amount, is not exactly the required amount (v2).</summary>
    public const string InvalidExactEvmValueMismatch = "invalid_exact_evm_payload_authorization_value_mismatch";

    /// <summary>The authorized value is not exactly the required amount (v1).</summary>
    public const string InvalidExactEvmValueV1 = "invalid_exact_evm_authorization_value";

    /// <summary>The payer holds fewer atoms of the asset than the amount.</summary>
    public const string InvalidExactEvmInsufficientBalance = "invalid_exact_evm_insufficient_balance";

    /// <summary>The authorization's nonce is used or cancelled on chain, or reserved here for another payment.</summary>
    public const string InvalidExactEvmNonceAlreadyUsed = "invalid_exact_evm_nonce_already_used";

    /// <summary>The asset does not implement EIP-3009.</summary>
    public const string InvalidExactEvmEip3009NotSupported = "invalid_exact_evm_eip3009_not_supported";

    /// <summary>The token's own name differs from <c>extra.name</c>.</summary>
    public const string InvalidExactEvmTokenNameMismatch = "invalid_exact_evm_token_name_mismatch";

    /// <summary>The token's own version differs from <c>extra.version</c>.</summary>
    public const string InvalidExactEvmTokenVersionMismatch = "invalid_exact_evm_token_version_mismatch";

    /// <summary>The token refuses the transfer for a reason that could not be named.</summary>
    public const string InvalidExactEvmSimulationFailed = "invalid_exact_evm_transaction_simulation_failed";

    /// <summary>The settling transaction was mined and reverted.</summary>
    public const string InvalidExactEvmTransactionFailed = "invalid_exact_evm_transaction_failed";

    /// <summary>The settling transaction succeeded without the transfer that was authorized.</summary>
    public const string InvalidExactEvmTransferEventMismatch = "invalid_exact_evm_transfer_event_mismatch";

    /// <summary>The payload is not of the transfer method that the requirements name, or of one that the protocol version does not have.</summary>
    public const string UnsupportedPayloadType = "unsupported_payload_type";

    /// <summary>The requirements demand a transfer method that is not offered here.</summary>
    public const string UnsupportedAssetTransferMethod = "unsupported_asset_transfer_method";

    /// <summary>The requirements demand a payment flow that the scheme does not have.</summary>
    public const string UnsupportedPaymentFlow = "unsupported_payment_flow";

    /// <summary>The amount exceeds 2^127 - 1 atoms, the most a ledger account can hold. Not in the x402 catalogue.</summary>
    public const string AmountAboveMaximum = "amount_above_maximum";

    /// <summary>No contract lives at the asset's address.</summary>
    public const string AssetNotDeployedContract = "asset_not_deployed_contract";

    /// <summary>The signature asks for a wallet deployment by a factory that is not allowed (ERC-6492).</summary>
    public const string Eip6492FactoryNotAllowed = "eip6492_factory_not_allowed";

    /// <summary>The factory does not deploy the payer's wallet at its address (ERC-6492).</summary>
    public const string SmartWalletDeploymentFailed = "smart_wallet_deployment_failed";

    /// <summary>The payment was settled, or is being settled, for someone who asked before.</summary>
    public const string DuplicateSettlement = "duplicate_settlement";

    /// <summary>The transaction is broadcast and its outcome is not known yet; <c>transaction</c> holds its hash.</summary>
    public const string SettlementPending = "settlement_pending";

    /// <summary>The settlement ended in a state that proves neither success nor one of the failures above.</summary>
    public const string InvalidTransactionState = "invalid_transaction_state";

    /// <summary>The facilitator could not verify for a reason of its own; the payment is not judged.</summary>
    public const string UnexpectedVerifyError = "unexpected_verify_error";

    /// <summary>The facilitator could not settle for a reason of its own; the payment is not judged.</summary>
    public const string UnexpectedSettleError = "unexpected_settle_error";
}
