using System.Reflection;
using AgentPay.X402;

namespace AgentPay.Domain.Tests.X402;

public sealed class ErrorCodesTests
{
    /// <summary>What clients switch on: a changed or removed line breaks them.</summary>
    private const string Published = """
        amount_above_maximum
        asset_not_deployed_contract
        duplicate_settlement
        eip2612_asset_mismatch
        eip2612_deadline_expired
        eip2612_from_mismatch
        eip2612_spender_not_permit2
        eip6492_factory_not_allowed
        erc20_approval_asset_mismatch
        erc20_approval_broadcast_failed
        erc20_approval_from_mismatch
        erc20_approval_spender_not_permit2
        erc20_approval_tx_failed
        erc20_approval_tx_invalid_calldata
        erc20_approval_tx_invalid_signature
        erc20_approval_tx_parse_failed
        erc20_approval_tx_signer_mismatch
        erc20_approval_tx_wrong_selector
        erc20_approval_tx_wrong_spender
        erc20_approval_tx_wrong_target
        invalid_eip2612_extension_format
        invalid_erc20_approval_extension_format
        invalid_exact_evm_authorization_value
        invalid_exact_evm_eip3009_not_supported
        invalid_exact_evm_insufficient_balance
        invalid_exact_evm_missing_eip712_domain
        invalid_exact_evm_network_mismatch
        invalid_exact_evm_nonce_already_used
        invalid_exact_evm_payload_authorization_valid_after
        invalid_exact_evm_payload_authorization_valid_before
        invalid_exact_evm_payload_authorization_value_mismatch
        invalid_exact_evm_recipient_mismatch
        invalid_exact_evm_scheme
        invalid_exact_evm_signature
        invalid_exact_evm_token_name_mismatch
        invalid_exact_evm_token_version_mismatch
        invalid_exact_evm_transaction_failed
        invalid_exact_evm_transaction_simulation_failed
        invalid_exact_evm_transfer_event_mismatch
        invalid_network
        invalid_payload
        invalid_payment_requirements
        invalid_permit2_recipient_mismatch
        invalid_permit2_signature
        invalid_permit2_spender
        invalid_transaction_state
        invalid_x402_version
        permit2_2612_amount_mismatch
        permit2_allowance_required
        permit2_amount_mismatch
        permit2_deadline_expired
        permit2_insufficient_balance
        permit2_invalid_nonce
        permit2_not_yet_valid
        permit2_proxy_not_deployed
        permit2_simulation_failed
        permit2_token_mismatch
        settlement_pending
        smart_wallet_deployment_failed
        unexpected_settle_error
        unexpected_verify_error
        unsupported_asset_transfer_method
        unsupported_payload_type
        unsupported_payment_flow
        unsupported_scheme
        """;

    [Fact]
    public void The_codes_are_exactly_the_published_ones()
    {
        var codes = typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!);

        Assert.Equal(Published.Split('\n'), codes.Order(StringComparer.Ordinal));
    }
}
