using System.Text;
using AgentPay.X402;
using AgentPay.X402.Parsing;

namespace AgentPay.Domain.Tests.X402;

public sealed class MalformedMessageTests
{
    public static TheoryData<string> NoMessages =>
    [
        "", " ", "null", "[]", "7", "\"text\"", "{", "{}{}", "{'a':1}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":NaN}",
        "{\"a\":1}/* comment */", "// comment\n{}", "\uFEFF{}", "{\"a\":\"\u0001\"}", "{\"a\":\"\\x\"}", "{\"a\":1}\0", "x402", "<html>",
        "{\"a\":\"\\ud800\"}", "{\"a\":\"\\uDC00\\uD800\"}", "{\"a\":\"\\ud800\\n\"}", "{\"\\udfff\":1}", "{\"a\":\"\\ud800\\ud800\"}",
    ];

    [Theory]
    [MemberData(nameof(NoMessages))]
    public void What_is_no_JSON_object_is_broken(string text)
    {
        AssertBroken(Sample.Parse(text));
        AssertBroken(PaymentPayloadParser.Parse(Encoding.UTF8.GetBytes(text), X402Version.V2));
    }

    [Theory]
    [InlineData(0xFF)]
    [InlineData(0xC0, 0xAF)]
    [InlineData(0xED, 0xA0, 0x80)]
    [InlineData(0xF4, 0x90, 0x80, 0x80)]
    public void Bytes_that_are_no_UTF8_are_broken(params int[] bytes)
    {
        byte[] message = [.. "{\"a\":\""u8, .. bytes.Select(value => (byte)value), .. "\"}"u8];

        AssertBroken(FacilitatorRequest.Parse(message));
    }

    [Theory]
    [InlineData("\"scheme\":\"exact\"", "\"scheme\":\"exact\",\"scheme\":\"exact\"")]
    [InlineData("\"amount\":\"10000\"", "\"amount\":\"10000\",\"amount\":\"1\"")]
    [InlineData("\"amount\":\"10000\"", "\"amount\":\"10000\",\"amoun\\u0074\":\"1\"")]
    [InlineData("\"value\":\"10000\"", "\"value\":\"10000\",\"value\":\"1\"")]
    [InlineData("\"x402Version\":2", "\"x402Version\":2,\"x402Version\":2")]
    [InlineData("\"required\":false", "\"required\":false,\"required\":true")]
    [InlineData("\"description\"", "\"unheardOf\":{\"a\":1,\"a\":1},\"description\"")]
    public void Duplicate_members_are_broken_wherever_they_are(string member, string twice)
    {
        Assert.Contains(member, Sample.RequestV2, StringComparison.Ordinal);
        AssertBroken(Sample.Parse(Sample.RequestV2.Replace(member, twice, StringComparison.Ordinal)));
    }

    [Fact]
    public void Members_that_differ_in_case_are_different_members() =>
        Assert.Equal("10000", Sample.Parsed(Sample.RequestV2.With("paymentRequirements.Amount", "\"1\"")).Requirements.Amount);

    [Fact]
    public void An_escaped_member_name_is_the_same_name() =>
        Assert.Equal("10000", Sample.Parsed(Sample.RequestV2.Replace("\"amount\"", "\"amoun\\u0074\"", StringComparison.Ordinal)).Requirements.Amount);

    [Fact]
    public void A_whole_surrogate_pair_is_a_character() =>
        Assert.Equal("\U0001F600", Sample.Parsed(Sample.RequestV2.With("paymentRequirements.extra.name", "\"\\ud83d\\uDE00\"")).Requirements.Extra.Name);

    [Fact]
    public void An_escaped_backslash_before_a_u_is_no_escape() =>
        Assert.Equal("\\ud800", Sample.Parsed(Sample.RequestV2.With("paymentRequirements.extra.name", "\"\\\\ud800\"")).Requirements.Extra.Name);

    [Fact]
    public void Depth_64_is_read_and_65_is_broken()
    {
        Assert.True(Sample.Parse(Nested(64)).IsParsed);
        AssertBroken(Sample.Parse(Nested(65)));
        AssertBroken(Sample.Parse(Nested(5000)));
        AssertBroken(Sample.Parse(new string('[', 60_000)));
    }

    /// <summary>The member stands inside one object, so the arrays begin at level 2.</summary>
    private static string Nested(int levels) =>
        Sample.RequestV2.With("unheardOf", new string('[', levels - 1) + new string(']', levels - 1));

    private static void AssertBroken<T>(ParseResult<T> result)
        where T : class
    {
        Assert.Equal(ParseOutcome.Broken, result.Outcome);
        Assert.Equal(ErrorCodes.InvalidPayload, result.Fault?.Code);
        Assert.Null(result.Value);
    }
}
