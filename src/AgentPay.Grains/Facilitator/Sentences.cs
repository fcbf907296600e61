using AgentPay.Domain.Settlements;
using AgentPay.X402;

namespace AgentPay.Grains.Facilitator;

/// <summary>The sentence beside each code: what to do about it. Clients switch on the code, never on this.</summary>
internal static class Sentences
{
    public static string? Of(string code) => code switch
    {
        ErrorCodes.InvalidNetwork => "This engine has no such network; see /facilitator/supported.",
        ErrorCodes.InvalidPaymentRequirements => "The requirements name an asset, amount or address this engine does not settle.",
        ErrorCodes.InvalidExactEvmSignature => "The signature is not the payer's over this authorization, domain and chain.",
        ErrorCodes.InvalidExactEvmRecipientMismatch => "The authorization pays another address than payTo.",
        ErrorCodes.InvalidExactEvmValidBefore => "The authorization ends within six seconds, has ended, or runs too far into the future.",
        ErrorCodes.InvalidExactEvmValidAfter => "The authorization is not valid yet.",
        ErrorCodes.InvalidExactEvmValueMismatch => "The authorized value must equal the amount.",
        ErrorCodes.InvalidExactEvmValueV1 => "The authorized value must equal the amount.",
        ErrorCodes.InvalidExactEvmInsufficientBalance => "The payer holds less than the amount, together with its payments that are being settled.",
        ErrorCodes.InvalidExactEvmNonceAlreadyUsed => "This authorization, or another with its nonce, was used, cancelled or is being settled.",
        ErrorCodes.InvalidExactEvmTokenNameMismatch => "extra.name is not the token's EIP-712 domain name.",
        ErrorCodes.InvalidExactEvmTokenVersionMismatch => "extra.version is not the token's EIP-712 domain version.",
        ErrorCodes.InvalidExactEvmSimulationFailed => "The token refuses the transfer now: it may be paused, or one side blocked.",
        ErrorCodes.InvalidExactEvmTransactionFailed => "The transaction did not move the money and the authorization is unused; sign a new one.",
        ErrorCodes.Eip6492FactoryNotAllowed => "The wallet is not deployed and its factory is not allowed here.",
        ErrorCodes.SmartWalletDeploymentFailed => "The factory does not deploy the wallet at the payer's address.",
        ErrorCodes.InvalidPermit2Signature => "The signature is not the payer's over this Permit2 transfer, witness and chain.",
        ErrorCodes.InvalidPermit2Spender => "The spender must be the x402 proxy for scheme exact.",
        ErrorCodes.InvalidPermit2RecipientMismatch => "The witness pays another address than payTo.",
        ErrorCodes.Permit2DeadlineExpired => "The deadline is within six seconds, is over, or is too far in the future.",
        ErrorCodes.Permit2NotYetValid => "The witness is not valid yet.",
        ErrorCodes.Permit2AmountMismatch => "The permitted amount must equal the amount.",
        ErrorCodes.Permit2TokenMismatch => "The permitted token must be the asset.",
        ErrorCodes.Permit2InsufficientBalance => "The payer holds less than the amount, together with its payments that are being settled.",
        ErrorCodes.Permit2AllowanceRequired => "The payer must first approve Permit2 to move the asset.",
        ErrorCodes.Permit2ProxyNotDeployed => "The x402 proxy is not deployed on this network; pay by another method.",
        ErrorCodes.Permit2InvalidNonce => "This nonce was used or invalidated, or another payment with it is being settled.",
        ErrorCodes.Permit2SimulationFailed => "The proxy refuses the transfer now: the token may be paused, or one side blocked.",
        ErrorCodes.InvalidEip2612ExtensionFormat => "The approval in eip2612GasSponsoring is malformed.",
        ErrorCodes.Eip2612FromMismatch => "The approval must be the payer's.",
        ErrorCodes.Eip2612AssetMismatch => "The approval must be for the asset.",
        ErrorCodes.Eip2612SpenderNotPermit2 => "The approval must be for Permit2.",
        ErrorCodes.Eip2612DeadlineExpired => "The approval ends within six seconds, or has ended.",
        ErrorCodes.Permit2Eip2612AmountMismatch => "The approval must be for exactly the permitted amount.",
        ErrorCodes.InvalidErc20ApprovalExtensionFormat => "The approval in erc20ApprovalGasSponsoring is malformed.",
        ErrorCodes.Erc20ApprovalFromMismatch => "The approval must be the payer's.",
        ErrorCodes.Erc20ApprovalAssetMismatch => "The approval must be for the asset.",
        ErrorCodes.Erc20ApprovalSpenderNotPermit2 => "The approval must be for Permit2.",
        ErrorCodes.Erc20ApprovalTxParseFailed => "The approval must be a signed legacy (EIP-155) or type 2 transaction.",
        ErrorCodes.Erc20ApprovalTxWrongTarget => "The approval must call the asset.",
        ErrorCodes.Erc20ApprovalTxWrongSelector => "The approval must call approve(address,uint256).",
        ErrorCodes.Erc20ApprovalTxInvalidCalldata => "The call of approve has other arguments than an address and a number.",
        ErrorCodes.Erc20ApprovalTxWrongSpender => "The transaction must approve Permit2.",
        ErrorCodes.Erc20ApprovalTxInvalidSignature => "The approval's signature is no key's.",
        ErrorCodes.Erc20ApprovalTxSignerMismatch => "The approval must be signed by the payer.",
        ErrorCodes.Erc20ApprovalTxFailed => "The approval cannot be mined: its nonce, chain, value or gas limit do not fit, or the token refuses it.",
        ErrorCodes.Erc20ApprovalBroadcastFailed => "The approval cannot be sent: the payer must own the gas it offers, or be given it here, at a fee that the chain takes.",
        ErrorCodes.SettlementPending => "The outcome is not known yet and is never given up; ask again with the same payment and key.",
        SettlementRefusals.Duplicate => "This payment was or is being settled for another caller; one payment is answered once.",
        SettlementRefusals.InUse => "This payment already bought an answer; sign a new one.",
        _ => null,
    };
}
