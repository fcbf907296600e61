using AgentPay.X402;
using AgentPay.X402.Schemes;

namespace AgentPay.Domain.Tests.X402;

public sealed class ExactEvmPermit2RulesTests
{
    private const string Other = "\"0x90F79bf6EB2c4f870365E785982E1f101E93b906\"";

    private const string Spoilt = """
        member                                                      | value           | code
        paymentPayload.accepted.scheme                              | "upto"          | invalid_exact_evm_scheme
        paymentRequirements.extra.assetTransferMethod               | -               | unsupported_asset_transfer_method
        paymentRequirements.extra.assetTransferMethod               | "eip3009"       | unsupported_asset_transfer_method
        paymentRequirements.extra.name                              | -               | ok
        paymentRequirements.extra.version                           | -               | ok
        paymentRequirements.extra.paymentFlow                       | "escrow"        | unsupported_payment_flow
        paymentRequirements.network                                 | "eip155:8453"   | invalid_exact_evm_network_mismatch
        paymentRequirements.amount                                  | "0"             | invalid_payment_requirements
        paymentRequirements.amount                                  | "10001"         | permit2_amount_mismatch
        paymentPayload.accepted.amount                              | "9999"          | permit2_amount_mismatch
        paymentPayload.accepted.asset                               | OTHER           | invalid_payment_requirements
        paymentPayload.accepted.payTo                               | OTHER           | invalid_permit2_recipient_mismatch
        paymentPayload.payload                                      | {"delegationManager":"0x"} | unsupported_payload_type
        paymentPayload.payload.permit2Authorization.spender         | OTHER           | invalid_permit2_spender
        paymentPayload.payload.permit2Authorization.witness.to      | OTHER           | invalid_permit2_recipient_mismatch
        paymentPayload.payload.permit2Authorization.permitted.amount | "9999"         | permit2_amount_mismatch
        paymentPayload.payload.permit2Authorization.permitted.amount | "10001"        | permit2_amount_mismatch
        paymentPayload.payload.permit2Authorization.permitted.token | OTHER           | permit2_token_mismatch
        paymentPayload.payload.permit2Authorization.deadline        | "1800000005"    | permit2_deadline_expired
        paymentPayload.payload.permit2Authorization.deadline        | "1800000006"    | ok
        paymentPayload.payload.permit2Authorization.deadline        | "1800086460"    | ok
        paymentPayload.payload.permit2Authorization.deadline        | "1800086461"    | permit2_deadline_expired
        paymentPayload.payload.permit2Authorization.witness.validAfter | "1800000000" | ok
        paymentPayload.payload.permit2Authorization.witness.validAfter | "1800000001" | permit2_not_yet_valid
        """;

    public static TheoryData<string, string, string> Rows => TextTable.Three(Spoilt);

    [Fact]
    public void A_right_payment_breaks_no_rule() => Assert.Equal("ok", Check(Sample.RequestPermit2));

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_payment_with_one_member_changed(string member, string value, string code) =>
        Assert.Equal(code, Check(Sample.RequestPermit2.With(member, value == "OTHER" ? Other : value)));

    [Fact]
    public void What_time_cannot_mend_is_told_before_what_it_can() => Assert.Equal(ErrorCodes.Permit2TokenMismatch, Check(Sample.RequestPermit2
        .With("paymentPayload.payload.permit2Authorization.permitted.token", Other)
        .With("paymentPayload.payload.permit2Authorization.deadline", "\"1\"")));

    [Theory]
    [InlineData(ErrorCodes.Permit2DeadlineExpired, true)]
    [InlineData(ErrorCodes.Permit2NotYetValid, true)]
    [InlineData(ErrorCodes.Permit2TokenMismatch, false)]
    [InlineData(null, false)]
    public void Two_codes_are_about_time(string? code, bool isAboutTime) => Assert.Equal(isAboutTime, ExactEvmPermit2Rules.IsAboutTime(code));

    private static string Check(string json)
    {
        var request = Sample.Parsed(json);
        return ExactEvmPermit2Rules.Check(request.Payload, request.Requirements, DateTimeOffset.FromUnixTimeSeconds(Sample.Now)) ?? "ok";
    }
}
