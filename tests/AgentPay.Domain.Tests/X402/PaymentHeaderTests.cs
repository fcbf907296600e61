using System.Text;
using AgentPay.X402;
using AgentPay.X402.Headers;
using AgentPay.X402.Parsing;

namespace AgentPay.Domain.Tests.X402;

public sealed class PaymentHeaderTests
{
    [Theory]
    [InlineData("", "Zg==", "f")]
    [InlineData("", "Zm8=", "fo")]
    [InlineData("", "Zm9v", "foo")]
    [InlineData("", "Zm9vYg==", "foob")]
    [InlineData("", "Zm9vYmE=", "fooba")]
    [InlineData("", "Zm9vYmFy", "foobar")]
    [InlineData("the whole alphabet", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", null)]
    public void Canonical_base64_is_decoded_and_encoded_back(string name, string text, string? message)
    {
        Assert.True(HeaderCodec.TryDecode(text, out var decoded), name);
        Assert.Equal(text, HeaderCodec.Encode(decoded));
        Assert.Equal(message ?? Encoding.Latin1.GetString(decoded), Encoding.Latin1.GetString(decoded));
    }

    [Theory]
    [InlineData("empty", "")]
    [InlineData("no padding", "Zg")]
    [InlineData("half the padding", "Zg=")]
    [InlineData("padding too long", "Zg===")]
    [InlineData("padding alone", "====")]
    [InlineData("padding where none is due", "Zm9v====")]
    [InlineData("padding inside", "Zg==Zg==")]
    [InlineData("one digit", "Z===")]
    [InlineData("trailing bits after one byte", "Zh==")]
    [InlineData("trailing bits after two bytes", "Zm9=")]
    [InlineData("space inside", "Zm 9v")]
    [InlineData("space before", " Zm9v")]
    [InlineData("space that fills a group", "Zm9v    ")]
    [InlineData("line feed", "Zm9\nv")]
    [InlineData("line end after", "Zm9v\r\n")]
    [InlineData("tab", "Zm9v\t\t\t\t")]
    [InlineData("URL alphabet minus", "ab-c")]
    [InlineData("URL alphabet underscore", "ab_c")]
    [InlineData("full-width letter", "Zm9ｖ")]
    [InlineData("percent", "Zg%3D")]
    [InlineData("NUL", "Zm9\0")]
    [InlineData("quotes", "\"Zm9v\"")]
    public void Any_other_spelling_is_refused(string name, string text)
    {
        Assert.False(HeaderCodec.TryDecode(text, out _), name);
        Assert.Equal(ParseOutcome.Broken, PaymentHeader.Find([text], [])!.Parse().Outcome);
    }

    [Fact]
    public void A_header_has_at_most_16384_characters()
    {
        Assert.True(HeaderCodec.TryDecode(new string('A', 16_384), out _));
        Assert.False(HeaderCodec.TryDecode(new string('A', 16_388), out _));
    }

    [Fact]
    public void No_header_is_no_payment() => Assert.Null(PaymentHeader.Find([], []));

    [Fact]
    public void The_name_of_the_header_decides_the_version()
    {
        Assert.Equal(X402Version.V2, PaymentHeader.Find([Header(Sample.PayloadV2)], [])!.Parse().Value?.Version);
        Assert.Equal(X402Version.V1, PaymentHeader.Find([], [Header(Sample.PayloadV1)])!.Parse().Value?.Version);
    }

    [Fact]
    public void Of_both_headers_the_v2_one_is_used_and_the_other_not_looked_at()
    {
        var found = PaymentHeader.Find([Header(Sample.PayloadV2)], ["rubbish", "twice"]);

        Assert.Equal(X402Version.V2, found!.Parse().Value?.Version);
    }

    [Fact]
    public void The_same_header_twice_is_broken()
    {
        var header = Header(Sample.PayloadV2);

        Assert.Equal(ParseOutcome.Broken, PaymentHeader.Find([header, header], [])!.Parse().Outcome);
        Assert.Equal(ParseOutcome.Broken, PaymentHeader.Find([], [header, header])!.Parse().Outcome);
        Assert.Equal(ParseOutcome.Broken, PaymentHeader.Find([header + "," + header], [])!.Parse().Outcome);
        Assert.Equal(ParseOutcome.Broken, PaymentHeader.Find([header + ", " + header], [Header(Sample.PayloadV1)])!.Parse().Outcome);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public void An_empty_header_is_broken(string? value) => Assert.Equal(ParseOutcome.Broken, PaymentHeader.Find([value], [])!.Parse().Outcome);

    [Theory]
    [InlineData("1")]
    [InlineData("\"2\"")]
    [InlineData("2.0")]
    [InlineData("3")]
    [InlineData("null")]
    [InlineData("-")]
    public void A_version_other_than_the_headers_is_refused(string token)
    {
        var result = PaymentHeader.Find([Header(Sample.PayloadV2.With("x402Version", token))], [])!.Parse();

        Assert.Equal((ParseOutcome.BadPayload, ErrorCodes.InvalidX402Version), (result.Outcome, result.Fault?.Code));
    }

    [Theory]
    [InlineData("depth", 5000)]
    [InlineData("depth at the edge", 66)]
    public void Deep_JSON_in_a_header_is_broken(string name, int depth) =>
        Assert.True(PaymentHeader.Find([Header(new string('[', depth) + new string(']', depth))], [])!.Parse().Outcome == ParseOutcome.Broken, name);

    [Fact]
    public void Compressed_JSON_in_a_header_is_broken() =>
        Assert.Equal(ParseOutcome.Broken, PaymentHeader.Find([Convert.ToBase64String([0x1F, 0x8B, 8, 0, 0, 0, 0, 0])], [])!.Parse().Outcome);

    [Fact]
    public void Each_version_has_its_own_headers()
    {
        Assert.Equal(("X-PAYMENT", "X-PAYMENT-RESPONSE"), (HeaderNames.PaymentOf(X402Version.V1), HeaderNames.ReceiptOf(X402Version.V1)));
        Assert.Equal(("PAYMENT-SIGNATURE", "PAYMENT-RESPONSE"), (HeaderNames.PaymentOf(X402Version.V2), HeaderNames.ReceiptOf(X402Version.V2)));
    }

    private static string Header(string json) => HeaderCodec.Encode(Encoding.UTF8.GetBytes(json));
}
