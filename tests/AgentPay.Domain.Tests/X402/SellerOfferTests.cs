using System.Text;
using AgentPay.X402;
using AgentPay.X402.Extensions;
using AgentPay.X402.Headers;
using AgentPay.X402.Messages;
using AgentPay.X402.Parsing;

namespace AgentPay.Domain.Tests.X402;

public sealed class SellerOfferTests
{
    private const string EditedByTheClient = """
        member                     | value
        accepted.scheme            | "upto"
        accepted.network           | "eip155:8453"
        accepted.amount            | "9999"
        accepted.amount            | "10001"
        accepted.asset             | "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
        accepted.payTo             | "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
        accepted.maxTimeoutSeconds | 59
        accepted.maxTimeoutSeconds | 3600
        accepted.extra             | null
        accepted.extra             | {}
        accepted.extra.name        | "USD Coin"
        accepted.extra.version     | null
        """;

    public static TheoryData<string, string> Edits => TextTable.Two(EditedByTheClient);

    [Fact]
    public void A_payment_of_the_sellers_own_terms_matches_and_is_judged_by_them()
    {
        var matched = Sample.Offer.Match(Payload(X402Version.V2, Sample.PayloadV2));

        Assert.Equal(Sample.Terms.ToRequirements(X402Version.V2), matched);
        Assert.Equal("eip155:84532", matched?.NetworkAsSent);
    }

    [Theory]
    [MemberData(nameof(Edits))]
    public void Terms_that_the_client_edited_match_nothing(string member, string value) =>
        Assert.Null(Sample.Offer.Match(Payload(X402Version.V2, Sample.PayloadV2.With(member, value))));

    [Fact]
    public void A_client_may_add_to_extra_order_it_and_write_addresses_in_any_case()
    {
        var edited = Sample.PayloadV2
            .With("accepted.extra", """{"more":{"a":[1]},"version":"2","name":"USDC"}""")
            .With("accepted.payTo", $"\"0x{Sample.Payee[2..].ToUpperInvariant()}\"");

        Assert.Equal(Sample.Payee, Sample.Offer.Match(Payload(X402Version.V2, edited))?.PayTo);
    }

    [Fact]
    public void Own_extra_is_contained_however_deep_it_goes()
    {
        var offer = Sample.Offer with
        {
            Terms = [Sample.Terms with { Extra = new RequirementsExtra("""{"a":{"b":[1,{"c":null}]}}""") }],
        };

        Assert.NotNull(offer.Match(Payload(X402Version.V2, Sample.PayloadV2.With("accepted.extra", """{"a":{"b":[1,{"c":null}],"d":2}}"""))));
        Assert.Null(offer.Match(Payload(X402Version.V2, Sample.PayloadV2.With("accepted.extra", """{"a":{"b":[1,{"c":0}]}}"""))));
        Assert.Null(offer.Match(Payload(X402Version.V2, Sample.PayloadV2.With("accepted.extra", """{"a":{"b":[1]}}"""))));
    }

    [Fact]
    public void V1_matches_by_scheme_and_network_and_the_price_is_the_sellers()
    {
        var matched = Sample.Offer.Match(Payload(X402Version.V1, Sample.PayloadV1.With("payload.authorization.value", "\"1\"")));

        Assert.Equal(("10000", Sample.Payee, "base-sepolia"), (matched?.Amount, matched?.PayTo, matched?.NetworkAsSent));
        Assert.Null(Sample.Offer.Match(Payload(X402Version.V1, Sample.PayloadV1.With("network", "\"base\""))));
        Assert.Null(Sample.Offer.Match(Payload(X402Version.V1, Sample.PayloadV1.With("scheme", "\"upto\""))));
    }

    [Fact]
    public void Of_several_terms_the_one_that_was_accepted_is_found()
    {
        var offer = Sample.Offer with { Terms = [Sample.Terms with { Network = "eip155:1" }, Sample.Terms with { Amount = "5" }, Sample.Terms] };

        Assert.Equal("10000", offer.Match(Payload(X402Version.V2, Sample.PayloadV2))?.Amount);
    }

    [Fact]
    public void Without_a_v1_name_there_is_a_v2_header_and_no_v1_body()
    {
        var offer = Sample.Offer with { Terms = [Sample.Terms with { Network = "eip155:42161" }] };

        Assert.Null(offer.ToBody("Payment required"));
        Assert.True(HeaderCodec.TryDecode(offer.ToHeader("Payment required"), out var json));
        Assert.Contains("eip155:42161", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
    }

    [Fact]
    public void The_offered_extensions_stand_in_the_v2_header_only()
    {
        var offer = Sample.Offer with { ExtensionsJson = PaymentIdentifierExtension.OptionalJson };

        Assert.True(HeaderCodec.TryDecode(offer.ToHeader("Payment required"), out var json));
        Assert.EndsWith($"\"extensions\":{PaymentIdentifierExtension.OptionalJson}}}", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        Assert.DoesNotContain("extensions", Encoding.UTF8.GetString(offer.ToBody("Payment required")!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_that_only_echoes_the_extension_names_no_payment() =>
        Assert.Null(Payload(X402Version.V2, Sample.PayloadV2.With("extensions", PaymentIdentifierExtension.OptionalJson)).PaymentIdentifier);

    [Theory]
    [InlineData(15, false)]
    [InlineData(16, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void A_payment_identifier_has_16_to_128_characters(int length, bool isValid) =>
        Assert.Equal(isValid, PaymentIdentifierExtension.IsIdentifier(new string('a', length)));

    private static PaymentPayload Payload(X402Version version, string json)
    {
        var result = PaymentPayloadParser.Parse(Encoding.UTF8.GetBytes(json), version);
        Assert.True(result.IsParsed, result.Fault?.ToString());
        return result.Value;
    }
}
