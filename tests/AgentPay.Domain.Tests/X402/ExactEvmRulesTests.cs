using AgentPay.X402;
using AgentPay.X402.Amounts;
using AgentPay.X402.Schemes;

namespace AgentPay.Domain.Tests.X402;

public sealed class ExactEvmRulesTests
{
    private const string Other = "\"0x90F79bf6EB2c4f870365E785982E1f101E93b906\"";

    private const string SpoiltV2 = """
        member                                           | value                      | code
        paymentPayload.accepted.scheme                   | "upto"                     | invalid_exact_evm_scheme
        paymentRequirements.extra                        | -                          | invalid_exact_evm_missing_eip712_domain
        paymentRequirements.extra.name                   | -                          | invalid_exact_evm_missing_eip712_domain
        paymentRequirements.extra.name                   | ""                         | invalid_exact_evm_missing_eip712_domain
        paymentRequirements.extra.version                | null                       | invalid_exact_evm_missing_eip712_domain
        paymentRequirements.extra.assetTransferMethod    | "permit2"                  | unsupported_asset_transfer_method
        paymentRequirements.extra.assetTransferMethod    | "eip3009"                  | ok
        paymentRequirements.extra.paymentFlow            | "escrow"                   | unsupported_payment_flow
        paymentRequirements.extra.paymentFlow            | "authorization"            | ok
        paymentRequirements.extra.paymentFlow            | "upfront"                  | ok
        paymentRequirements.network                      | "eip155:8453"              | invalid_exact_evm_network_mismatch
        paymentPayload.accepted.network                  | "eip155:8453"              | invalid_exact_evm_network_mismatch
        paymentPayload.accepted.network                  | "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp" | invalid_exact_evm_network_mismatch
        paymentRequirements.amount                       | "0"                        | invalid_payment_requirements
        paymentRequirements.amount                       | "10001"                    | invalid_exact_evm_payload_authorization_value_mismatch
        paymentPayload.accepted.amount                   | "9999"                     | invalid_exact_evm_payload_authorization_value_mismatch
        paymentPayload.accepted.asset                    | OTHER                      | invalid_payment_requirements
        paymentPayload.accepted.payTo                    | OTHER                      | invalid_exact_evm_recipient_mismatch
        paymentPayload.accepted.maxTimeoutSeconds        | 61                         | ok
        paymentPayload.payload                           | {"delegationManager":"0x"}  | unsupported_payload_type
        paymentPayload.payload.authorization.to          | OTHER                      | invalid_exact_evm_recipient_mismatch
        paymentPayload.payload.authorization.value       | "0"                        | invalid_exact_evm_payload_authorization_value_mismatch
        paymentPayload.payload.authorization.value       | "9999"                     | invalid_exact_evm_payload_authorization_value_mismatch
        paymentPayload.payload.authorization.value       | "10001"                    | invalid_exact_evm_payload_authorization_value_mismatch
        paymentPayload.payload.authorization.value       | UINTMAX                    | invalid_exact_evm_payload_authorization_value_mismatch
        paymentPayload.payload.authorization.validBefore | "0"                        | invalid_exact_evm_payload_authorization_valid_before
        paymentPayload.payload.authorization.validBefore | "1800000005"               | invalid_exact_evm_payload_authorization_valid_before
        paymentPayload.payload.authorization.validBefore | "1800000006"               | ok
        paymentPayload.payload.authorization.validBefore | "1800086460"               | ok
        paymentPayload.payload.authorization.validBefore | "1800086461"               | invalid_exact_evm_payload_authorization_valid_before
        paymentPayload.payload.authorization.validBefore | UINTMAX                    | invalid_exact_evm_payload_authorization_valid_before
        paymentPayload.payload.authorization.validAfter  | "1800000000"               | ok
        paymentPayload.payload.authorization.validAfter  | "1800000001"               | invalid_exact_evm_payload_authorization_valid_after
        paymentPayload.payload.authorization.validAfter  | "1800000060"               | invalid_exact_evm_payload_authorization_valid_after
        paymentPayload.payload.authorization.validAfter  | UINTMAX                    | invalid_exact_evm_payload_authorization_valid_after
        """;

    private const string SpoiltV1 = """
        member                                           | value        | code
        paymentPayload.scheme                            | "upto"       | invalid_exact_evm_scheme
        paymentPayload.network                           | "base"       | invalid_exact_evm_network_mismatch
        paymentPayload.network                           | "solana"     | invalid_exact_evm_network_mismatch
        paymentRequirements.extra                        | null         | invalid_exact_evm_missing_eip712_domain
        paymentRequirements.maxAmountRequired            | "9999"       | invalid_exact_evm_authorization_value
        paymentPayload.payload.authorization.value       | "10001"      | invalid_exact_evm_authorization_value
        paymentPayload.payload.authorization.value       | "9999"       | invalid_exact_evm_authorization_value
        paymentPayload.payload.authorization.to          | OTHER        | invalid_exact_evm_recipient_mismatch
        paymentPayload.payload.authorization.validBefore | "1800000005" | invalid_exact_evm_payload_authorization_valid_before
        paymentPayload.payload.authorization.validAfter  | "1800000001" | invalid_exact_evm_payload_authorization_valid_after
        """;

    public static TheoryData<string, string, string> V1Rows => TextTable.Three(SpoiltV1);

    public static TheoryData<string, string, string> V2Rows => TextTable.Three(SpoiltV2);

    [Theory]
    [InlineData(X402Version.V1)]
    [InlineData(X402Version.V2)]
    public void A_right_payment_breaks_no_rule(X402Version version) => Assert.Equal("ok", Check(Sample.Request(version)));

    [Theory]
    [MemberData(nameof(V2Rows))]
    public void A_v2_payment_with_one_member_changed(string member, string value, string code) =>
        Assert.Equal(code, Check(Sample.RequestV2.With(member, Expand(value))));

    [Theory]
    [MemberData(nameof(V1Rows))]
    public void A_v1_payment_with_one_member_changed(string member, string value, string code) =>
        Assert.Equal(code, Check(Sample.RequestV1.With(member, Expand(value))));

    [Fact]
    public void Addresses_are_compared_without_case() =>
        Assert.Equal("ok", Check(Sample.RequestV2
            .With("paymentPayload.payload.authorization.to", $"\"0x{Sample.Payee[2..].ToUpperInvariant()}\"")
            .With("paymentPayload.accepted.asset", $"\"0x{Sample.Token[2..].ToUpperInvariant()}\"")));

    [Theory]
    [InlineData(UnsignedDecimal.AtomsMax, "ok")]
    [InlineData("170141183460469231731687303715884105728", ErrorCodes.AmountAboveMaximum)]
    [InlineData(UnsignedDecimal.UInt256Max, ErrorCodes.AmountAboveMaximum)]
    public void An_amount_goes_up_to_what_a_ledger_account_holds(string amount, string code) =>
        Assert.Equal(code, Check(Sample.RequestV2
            .With("paymentRequirements.amount", $"\"{amount}\"")
            .With("paymentPayload.accepted.amount", $"\"{amount}\"")
            .With("paymentPayload.payload.authorization.value", $"\"{amount}\"")));

    [Fact]
    public void Of_several_faults_the_first_in_order_is_reported()
    {
        var late = Sample.RequestV2
            .With("paymentPayload.payload.authorization.value", "\"1\"")
            .With("paymentPayload.payload.authorization.validAfter", "\"1800000050\"");
        Assert.Equal(ErrorCodes.InvalidExactEvmValidAfter, Check(late));

        var later = late.With("paymentPayload.payload.authorization.validBefore", "\"1\"");
        Assert.Equal(ErrorCodes.InvalidExactEvmValidBefore, Check(later));

        var recipient = later.With("paymentPayload.payload.authorization.to", Other);
        Assert.Equal(ErrorCodes.InvalidExactEvmRecipientMismatch, Check(recipient));

        var domain = recipient.With("paymentPayload.accepted.network", "\"eip155:1\"").With("paymentRequirements.extra", "null");
        Assert.Equal(ErrorCodes.InvalidExactEvmMissingEip712Domain, Check(domain));
    }

    private static string Check(string json)
    {
        var request = Sample.Parsed(json);
        return ExactEvmRules.Check(request.Payload, request.Requirements, DateTimeOffset.FromUnixTimeSeconds(Sample.Now).AddMilliseconds(999)) ?? "ok";
    }

    private static string Expand(string value) => value switch
    {
        "OTHER" => Other,
        "UINTMAX" => $"\"{UnsignedDecimal.UInt256Max}\"",
        _ => value,
    };
}
