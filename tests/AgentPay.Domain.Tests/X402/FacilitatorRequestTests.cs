using System.Text;
using AgentPay.X402;
using AgentPay.X402.Messages;
using AgentPay.X402.Parsing;
using AgentPay.X402.Schemes;

namespace AgentPay.Domain.Tests.X402;

public sealed class FacilitatorRequestTests
{
    private const string SpoiltV2 = """
        member                                                    | value                | outcome
        paymentPayload                                            | -                    | Broken invalid_payload /paymentPayload
        paymentPayload                                            | null                 | Broken invalid_payload /paymentPayload
        paymentPayload                                            | "text"               | Broken invalid_payload /paymentPayload
        paymentPayload                                            | []                   | Broken invalid_payload /paymentPayload
        paymentRequirements                                       | -                    | Broken invalid_payload /paymentRequirements
        paymentRequirements                                       | 7                    | Broken invalid_payload /paymentRequirements
        paymentPayload.x402Version                                | "2"                  | BadPayload invalid_x402_version /paymentPayload/x402Version
        paymentPayload.x402Version                                | 2.0                  | BadPayload invalid_x402_version /paymentPayload/x402Version
        paymentPayload.x402Version                                | 2e0                  | BadPayload invalid_x402_version /paymentPayload/x402Version
        paymentPayload.x402Version                                | 3                    | BadPayload invalid_x402_version /paymentPayload/x402Version
        paymentPayload.x402Version                                | 0                    | BadPayload invalid_x402_version /paymentPayload/x402Version
        paymentPayload.x402Version                                | -2                   | BadPayload invalid_x402_version /paymentPayload/x402Version
        paymentPayload.x402Version                                | null                 | BadPayload invalid_x402_version /paymentPayload/x402Version
        paymentPayload.x402Version                                | 1                    | BadPayload invalid_x402_version /x402Version
        x402Version                                               | 1                    | BadPayload invalid_x402_version /x402Version
        x402Version                                               | "2"                  | BadPayload invalid_x402_version /x402Version
        x402Version                                               | -                    | Parsed
        paymentPayload.x402Version                                | -                    | Parsed
        paymentRequirements.scheme                                | "upto"               | BadPayload unsupported_scheme /paymentRequirements/scheme
        paymentRequirements.scheme                                | "Exact"              | BadPayload unsupported_scheme /paymentRequirements/scheme
        paymentRequirements.scheme                                | ""                   | BadPayload invalid_payment_requirements /paymentRequirements/scheme
        paymentRequirements.scheme                                | -                    | BadPayload invalid_payment_requirements /paymentRequirements/scheme
        paymentRequirements.network                               | "base-sepolia"       | BadPayload invalid_network /paymentRequirements/network
        paymentRequirements.network                               | "eip155:084532"      | BadPayload invalid_network /paymentRequirements/network
        paymentRequirements.network                               | "eip155:*"           | BadPayload invalid_network /paymentRequirements/network
        paymentRequirements.network                               | "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp" | BadPayload invalid_network /paymentRequirements/network
        paymentRequirements.network                               | 84532                | BadPayload invalid_payment_requirements /paymentRequirements/network
        paymentRequirements.amount                                | 10000                | BadPayload invalid_payment_requirements /paymentRequirements/amount
        paymentRequirements.amount                                | "1e4"                | BadPayload invalid_payment_requirements /paymentRequirements/amount
        paymentRequirements.asset                                 | "0x036CbD"           | BadPayload invalid_payment_requirements /paymentRequirements/asset
        paymentRequirements.payTo                                 | null                 | BadPayload invalid_payment_requirements /paymentRequirements/payTo
        paymentRequirements.payTo                                 | "merchant"           | BadPayload invalid_payment_requirements /paymentRequirements/payTo
        paymentRequirements.maxTimeoutSeconds                     | "60"                 | BadPayload invalid_payment_requirements /paymentRequirements/maxTimeoutSeconds
        paymentRequirements.maxTimeoutSeconds                     | 60.5                 | BadPayload invalid_payment_requirements /paymentRequirements/maxTimeoutSeconds
        paymentRequirements.maxTimeoutSeconds                     | 0                    | BadPayload invalid_payment_requirements /paymentRequirements/maxTimeoutSeconds
        paymentRequirements.maxTimeoutSeconds                     | -1                   | BadPayload invalid_payment_requirements /paymentRequirements/maxTimeoutSeconds
        paymentRequirements.maxTimeoutSeconds                     | 31536001             | BadPayload invalid_payment_requirements /paymentRequirements/maxTimeoutSeconds
        paymentRequirements.maxTimeoutSeconds                     | 99999999999999999999 | BadPayload invalid_payment_requirements /paymentRequirements/maxTimeoutSeconds
        paymentRequirements.maxTimeoutSeconds                     | 31536000             | Parsed
        paymentRequirements.maxTimeoutSeconds                     | 1                    | Parsed
        paymentRequirements.extra                                 | "USDC"               | BadPayload invalid_payment_requirements /paymentRequirements/extra
        paymentRequirements.extra.name                            | 7                    | BadPayload invalid_payment_requirements /paymentRequirements/extra/name
        paymentRequirements.extra                                 | null                 | Parsed
        paymentRequirements.extra.name                            | null                 | Parsed
        paymentPayload.accepted                                   | -                    | BadPayload invalid_payload /paymentPayload/accepted
        paymentPayload.accepted                                   | []                   | BadPayload invalid_payload /paymentPayload/accepted
        paymentPayload.accepted.network                           | "eip155:0"           | BadPayload invalid_network /paymentPayload/accepted/network
        paymentPayload.accepted.amount                            | 10000                | BadPayload invalid_payload /paymentPayload/accepted/amount
        paymentPayload.payload                                    | null                 | BadPayload invalid_payload /paymentPayload/payload
        paymentPayload.payload                                    | "0x"                 | BadPayload invalid_payload /paymentPayload/payload
        paymentPayload.payload.signature                          | -                    | BadPayload invalid_payload /paymentPayload/payload/signature
        paymentPayload.payload.signature                          | "0x123"              | BadPayload invalid_payload /paymentPayload/payload/signature
        paymentPayload.payload.signature                          | "1234"               | BadPayload invalid_payload /paymentPayload/payload/signature
        paymentPayload.payload.signature                          | "0x12zz"             | BadPayload invalid_payload /paymentPayload/payload/signature
        paymentPayload.payload.signature                          | "0X1234"             | BadPayload invalid_payload /paymentPayload/payload/signature
        paymentPayload.payload.signature                          | {}                   | BadPayload invalid_payload /paymentPayload/payload/signature
        paymentPayload.payload.signature                          | "0x"                 | Parsed
        paymentPayload.payload.authorization                      | -                    | BadPayload invalid_payload /paymentPayload/payload/authorization
        paymentPayload.payload.authorization                      | true                 | BadPayload invalid_payload /paymentPayload/payload/authorization
        paymentPayload.payload.authorization.from                 | "0xabc"              | BadPayload invalid_payload /paymentPayload/payload/authorization/from
        paymentPayload.payload.authorization.from                 | null                 | BadPayload invalid_payload /paymentPayload/payload/authorization/from
        paymentPayload.payload.authorization.to                   | "0x70997970C51812dc3A010C7d01b50e0d17dc79C"  | BadPayload invalid_payload /paymentPayload/payload/authorization/to
        paymentPayload.payload.authorization.to                   | "0x70997970C51812dc3A010C7d01b50e0d17dc79C80" | BadPayload invalid_payload /paymentPayload/payload/authorization/to
        paymentPayload.payload.authorization.to                   | "0x70997970C51812dc3A010C7d01b50e0d17dc79Cg" | BadPayload invalid_payload /paymentPayload/payload/authorization/to
        paymentPayload.payload.authorization.to                   | "0x70997970c51812DC3a010c7D01B50E0D17DC79c8" | Parsed
        paymentPayload.payload.authorization.value                | 10000                | BadPayload invalid_payload /paymentPayload/payload/authorization/value
        paymentPayload.payload.authorization.value                | "010000"             | BadPayload invalid_payload /paymentPayload/payload/authorization/value
        paymentPayload.payload.authorization.validAfter           | 0                    | BadPayload invalid_payload /paymentPayload/payload/authorization/validAfter
        paymentPayload.payload.authorization.validBefore          | "soon"               | BadPayload invalid_payload /paymentPayload/payload/authorization/validBefore
        paymentPayload.payload.authorization.nonce                | "0x00"               | BadPayload invalid_payload /paymentPayload/payload/authorization/nonce
        paymentPayload.payload.authorization.nonce                | "0"                  | BadPayload invalid_payload /paymentPayload/payload/authorization/nonce
        paymentPayload.extensions                                 | []                   | BadPayload invalid_payload /paymentPayload/extensions
        paymentPayload.extensions.payment-identifier.info.id      | "too-short"          | BadPayload invalid_payload /paymentPayload/extensions/payment-identifier/info/id
        paymentPayload.extensions.payment-identifier.info.id      | "fifteen-letters"    | BadPayload invalid_payload /paymentPayload/extensions/payment-identifier/info/id
        paymentPayload.extensions.payment-identifier.info.id      | "sixteen letters!"   | BadPayload invalid_payload /paymentPayload/extensions/payment-identifier/info/id
        paymentPayload.extensions.payment-identifier.info.id      | "sixteen-letters1"   | Parsed
        paymentPayload.extensions.payment-identifier.info.id      | null                 | Parsed
        paymentPayload.extensions                                 | null                 | Parsed
        paymentPayload.resource                                   | null                 | Parsed
        paymentPayload.resource                                   | "https://a"          | BadPayload invalid_payload /paymentPayload/resource
        paymentPayload.unheardOf                                  | {"a":[1]}            | Parsed
        unheardOf                                                 | null                 | Parsed
        """;

    private const string SpoiltV1 = """
        member                                | value          | outcome
        paymentPayload.network                | "eip155:84532" | BadPayload invalid_network /paymentPayload/network
        paymentPayload.network                | "BASE-SEPOLIA" | BadPayload invalid_network /paymentPayload/network
        paymentPayload.network                | -              | BadPayload invalid_payload /paymentPayload/network
        paymentPayload.scheme                 | -              | BadPayload invalid_payload /paymentPayload/scheme
        paymentRequirements.network           | "eip155:84532" | BadPayload invalid_network /paymentRequirements/network
        paymentRequirements.network           | "atlantis"     | BadPayload invalid_network /paymentRequirements/network
        paymentRequirements.network           | "solana"       | BadPayload invalid_network /paymentRequirements/network
        paymentRequirements.maxAmountRequired | -              | BadPayload invalid_payment_requirements /paymentRequirements/maxAmountRequired
        paymentRequirements.outputSchema      | {"input":{}}   | Parsed
        paymentRequirements.extra             | null           | Parsed
        paymentPayload.accepted               | 7              | Parsed
        paymentPayload.x402Version            | 2              | BadPayload invalid_x402_version /x402Version
        """;

    public static TheoryData<string, string, string> V1Rows => TextTable.Three(SpoiltV1);

    public static TheoryData<string, string, string> V2Rows => TextTable.Three(SpoiltV2);

    [Fact]
    public void A_v2_request_is_read_whole()
    {
        var request = Sample.Parsed(Sample.RequestV2);

        Assert.Equal(X402Version.V2, request.Version);
        Assert.Equal(("exact", "eip155:84532", "eip155:84532"), (request.Payload.Scheme, request.Payload.Network, request.Payload.NetworkAsSent));
        Assert.Equal(("10000", Sample.Token, Sample.Payee, 60), (request.Requirements.Amount, request.Requirements.Asset, request.Requirements.PayTo, request.Requirements.MaxTimeoutSeconds));
        Assert.Equal(("USDC", "2", """{"name":"USDC","version":"2"}"""), (request.Requirements.Extra.Name, request.Requirements.Extra.Version, request.Requirements.Extra.Json));
        Assert.Equal(request.Requirements, request.Payload.Accepted);
        Assert.Equal(
            new(Sample.Signature, Sample.Payer, Sample.Payee, "10000", "0", "1800000060", Sample.Nonce), request.Payload.Authorization);
        Assert.Equal("pay_0123456789abcdef", request.Payload.PaymentIdentifier);
        Assert.Equal("https://api.example.com/quote", request.Payload.ResourceUrl);
    }

    [Fact]
    public void A_v1_request_is_read_into_the_same_form_under_the_CAIP_2_name()
    {
        var request = Sample.Parsed(Sample.RequestV1);

        Assert.Equal(X402Version.V1, request.Version);
        Assert.Equal(("exact", "eip155:84532", "base-sepolia"), (request.Payload.Scheme, request.Payload.Network, request.Payload.NetworkAsSent));
        Assert.Equal(("eip155:84532", "base-sepolia", "10000"), (request.Requirements.Network, request.Requirements.NetworkAsSent, request.Requirements.Amount));
        Assert.Equal(Sample.Parsed(Sample.RequestV2).Payload.Authorization, request.Payload.Authorization);
        Assert.Null(request.Payload.Accepted);
    }

    [Theory]
    [MemberData(nameof(V2Rows))]
    public void A_v2_request_with_one_member_changed(string member, string value, string outcome) =>
        Assert.Equal(outcome, Describe(Sample.Parse(Sample.RequestV2.With(member, value))));

    [Theory]
    [MemberData(nameof(V1Rows))]
    public void A_v1_request_with_one_member_changed(string member, string value, string outcome) =>
        Assert.Equal(outcome, Describe(Sample.Parse(Sample.RequestV1.With(member, value))));

    [Fact]
    public void A_request_that_names_no_version_at_all_is_refused() =>
        Assert.Equal(
            "BadPayload invalid_x402_version /x402Version",
            Describe(Sample.Parse(Sample.RequestV2.With("x402Version", "-").With("paymentPayload.x402Version", "-"))));

    [Fact]
    public void A_refused_request_still_names_its_network() =>
        Assert.Equal("eip155:84532", Sample.Parse(Sample.RequestV1.With("paymentPayload.payload", "null")).Network);

    [Fact]
    public void A_transfer_method_unknown_here_is_parsed_without_an_authorization() =>
        Assert.Null(Sample.Parsed(Sample.RequestV2.With("paymentPayload.payload", """{"delegationManager":{},"signature":7}""")).Payload.Authorization);

    [Fact]
    public void A_permit2_payload_is_read_whole_in_version_2_and_not_at_all_in_version_1()
    {
        var payload = Sample.Parsed(Sample.RequestPermit2).Payload;
        var expected = new Permit2Authorization(
            Sample.Signature, Sample.Payer, ExactEvmPermit2Rules.Proxy, Sample.Token, "10000", "77", "1800000060", Sample.Payee, "0");

        Assert.Equal(expected, payload.Permit2);
        Assert.Null(payload.Authorization);
        Assert.Equal(Sample.Payer, payload.Payer);
        var old = Sample.Parsed(Sample.RequestV1.With("paymentPayload.payload", Sample.PayloadPermit2)).Payload;
        Assert.Null(old.Permit2);
        Assert.Null(old.Authorization);
    }

    [Theory]
    [InlineData("signature", "7", "/paymentPayload/payload/signature")]
    [InlineData("permit2Authorization", "{}", "/paymentPayload/payload/permit2Authorization/permitted")]
    [InlineData("permit2Authorization.nonce", "\"0x01\"", "/paymentPayload/payload/permit2Authorization/nonce")]
    [InlineData("permit2Authorization.nonce", "\"01\"", "/paymentPayload/payload/permit2Authorization/nonce")]
    [InlineData("permit2Authorization.deadline", "1800000060", "/paymentPayload/payload/permit2Authorization/deadline")]
    [InlineData("permit2Authorization.witness", "-", "/paymentPayload/payload/permit2Authorization/witness")]
    [InlineData("permit2Authorization.permitted.token", "\"0x12\"", "/paymentPayload/payload/permit2Authorization/permitted/token")]
    public void A_malformed_permit2_payload_is_named_by_its_first_fault(string member, string value, string pointer) =>
        Assert.Equal($"BadPayload invalid_payload {pointer}", Describe(Sample.Parse(Sample.RequestPermit2.With($"paymentPayload.payload.{member}", value))));

    [Theory]
    [InlineData(8192, true)]
    [InlineData(8193, false)]
    public void A_signature_has_at_most_8192_bytes(int bytes, bool isParsed) =>
        Assert.Equal(isParsed, Sample.Parse(Sample.RequestV2.With("paymentPayload.payload.signature", $"\"0x{new string('a', 2 * bytes)}\"")).IsParsed);

    [Fact]
    public void A_detail_never_repeats_what_was_sent() =>
        Assert.DoesNotContain("fishy", Sample.Parse(Sample.RequestV2.With("paymentPayload.payload.signature", "\"fishy\"")).Fault!.Detail, StringComparison.Ordinal);

    [Fact]
    public void A_message_has_at_most_65536_bytes()
    {
        var padding = new string(' ', X402Limits.MessageBytesMax - Encoding.UTF8.GetByteCount(Sample.RequestV2));

        Assert.True(Sample.Parse(Sample.RequestV2 + padding).IsParsed);
        Assert.Equal(ParseOutcome.Broken, Sample.Parse(Sample.RequestV2 + padding + " ").Outcome);
    }

    private static string Describe(ParseResult<FacilitatorRequest> result) =>
        result.IsParsed ? "Parsed" : $"{result.Outcome} {result.Fault.Code} {result.Fault.Pointer}";
}
