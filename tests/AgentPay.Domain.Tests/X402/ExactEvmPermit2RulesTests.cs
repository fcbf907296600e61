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
    [InlineData(ErrorCodes.Eip2612DeadlineExpired, true)]
    [InlineData(ErrorCodes.Permit2TokenMismatch, false)]
    [InlineData(null, false)]
    public void Three_codes_are_about_time(string? code, bool isAboutTime) => Assert.Equal(isAboutTime, ExactEvmPermit2Rules.IsAboutTime(code));

    private const string SpoiltApproval = """
        member    | value        | code
        amount    | "10000"      | ok
        from      | OTHER        | eip2612_from_mismatch
        from      | "0x12"       | invalid_eip2612_extension_format
        asset     | OTHER        | eip2612_asset_mismatch
        spender   | OTHER        | eip2612_spender_not_permit2
        amount    | "9999"       | permit2_2612_amount_mismatch
        amount    | "10001"      | permit2_2612_amount_mismatch
        amount    | "all"        | invalid_eip2612_extension_format
        nonce     | "-1"         | invalid_eip2612_extension_format
        deadline  | "1800000006" | ok
        deadline  | "1800000005" | eip2612_deadline_expired
        deadline  | "soon"       | invalid_eip2612_extension_format
        signature | "0x11"       | invalid_eip2612_extension_format
        signature | -            | none
        version   | ""           | none
        """;

    public static TheoryData<string, string, string> ApprovalRows => TextTable.Three(SpoiltApproval);

    [Theory]
    [MemberData(nameof(ApprovalRows))]
    public void An_approval_with_one_member_changed(string member, string value, string code)
    {
        var info = $$"""{"from":"{{Sample.Payer}}","asset":"{{Sample.Token}}","spender":"0x000000000022d473030f116ddee9f6b43ac78ba3","amount":"10000","nonce":"0","deadline":"1800000060","signature":"{{Sample.Signature}}","version":"1"}"""
            .With(member, value == "OTHER" ? Other : value);
        var payload = Sample.Parsed(Sample.RequestPermit2.With("paymentPayload.extensions", $$$"""{"eip2612GasSponsoring":{"info":{{{info}}}}}""")).Payload;
        var judged = payload.Eip2612 is not { } approval ? "none"
            : ExactEvmPermit2Rules.CheckApproval(approval, payload.Permit2!, DateTimeOffset.FromUnixTimeSeconds(Sample.Now)) ?? "ok";
        Assert.Equal(code, judged);
    }

    private const string SpoiltTransaction = """
        member            | value    | code
        amount            | "10000"  | ok
        amount            | "1"      | ok
        from              | OTHER    | erc20_approval_from_mismatch
        from              | "0x12"   | invalid_erc20_approval_extension_format
        asset             | OTHER    | erc20_approval_asset_mismatch
        spender           | OTHER    | erc20_approval_spender_not_permit2
        amount            | "all"    | invalid_erc20_approval_extension_format
        signedTransaction | "0x"     | ok
        signedTransaction | "0x1"    | invalid_erc20_approval_extension_format
        signedTransaction | "02"     | invalid_erc20_approval_extension_format
        signedTransaction | -        | none
        version           | ""       | none
        """;

    public static TheoryData<string, string, string> TransactionRows => TextTable.Three(SpoiltTransaction);

    [Theory]
    [MemberData(nameof(TransactionRows))]
    public void An_approval_by_transaction_with_one_member_changed(string member, string value, string code)
    {
        var info = $$"""{"from":"{{Sample.Payer}}","asset":"{{Sample.Token}}","spender":"0x000000000022d473030f116ddee9f6b43ac78ba3","amount":"10000","signedTransaction":"0x02","version":"1"}"""
            .With(member, value == "OTHER" ? Other : value);
        var payload = Sample.Parsed(Sample.RequestPermit2.With("paymentPayload.extensions", $$$"""{"erc20ApprovalGasSponsoring":{"info":{{{info}}}}}""")).Payload;
        var judged = payload.Erc20Approval is not { } approval ? "none" : ExactEvmPermit2Rules.CheckApproval(approval, payload.Permit2!) ?? "ok";
        Assert.Equal(code, judged);
    }

    private static string Check(string json)
    {
        var request = Sample.Parsed(json);
        return ExactEvmPermit2Rules.Check(request.Payload, request.Requirements, DateTimeOffset.FromUnixTimeSeconds(Sample.Now)) ?? "ok";
    }
}
