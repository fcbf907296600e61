using AgentPay.X402;
using AgentPay.X402.Amounts;
using AgentPay.X402.Parsing;

namespace AgentPay.Domain.Tests.X402;

public sealed class AmountGrammarTests
{
    private const string AboveUInt256 = "115792089237316195423570985008687907853269984665640564039457584007913129639936";

    /// <summary>As JSON, so that every form of token can be said.</summary>
    public static TheoryData<string> NoAmounts =>
    [
        "\"-1\"", "\"+1\"", "\"-0\"", "\"00\"", "\"010\"", "\" 10\"", "\"10 \"", "\"10\\n\"", "\"10\\u0000\"", "\"\\u000010\"", "\"1e3\"", "\"1E3\"",
        "\"1.0\"", "\".5\"", "\"5.\"", "\"1,000\"", "\"1_000\"", "\"1 000\"", "\"0x10\"", "\"NaN\"", "\"Infinity\"", "\"１２\"", "\"١٢\"", "\"\u221210\"",
        "\"\u200f10\"", "\"10\u200f\"", "\"\"", "null", "true", "[]", "{}", "10", "10.0", "1e3", "-1",
        "\"" + AboveUInt256 + "\"", "\"1" + new string('0', 78) + "\"", "\"0" + new string('1', 77) + "\"", "\"" + new string('9', 50_000) + "\"",
    ];

    [Theory]
    [MemberData(nameof(NoAmounts))]
    public void No_amount_is_refused_in_the_terms_and_in_the_payment(string json)
    {
        Assert.Equal(
            (ParseOutcome.BadPayload, ErrorCodes.InvalidPaymentRequirements),
            Verdict(Sample.Parse(Sample.RequestV2.With("paymentRequirements.amount", json))));
        Assert.Equal(
            (ParseOutcome.BadPayload, ErrorCodes.InvalidPaymentRequirements),
            Verdict(Sample.Parse(Sample.RequestV1.With("paymentRequirements.maxAmountRequired", json))));
        Assert.Equal(
            (ParseOutcome.BadPayload, ErrorCodes.InvalidPayload),
            Verdict(Sample.Parse(Sample.RequestV2.With("paymentPayload.payload.authorization.value", json))));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("18446744073709551616")]
    [InlineData(UnsignedDecimal.AtomsMax)]
    [InlineData(UnsignedDecimal.UInt256Max)]
    public void An_amount_is_read_as_it_was_written(string amount)
    {
        Assert.True(UnsignedDecimal.IsCanonical(amount));
        Assert.Equal(amount, Sample.Parsed(Sample.RequestV2.With("paymentRequirements.amount", $"\"{amount}\"")).Requirements.Amount);
    }

    [Fact]
    public void A_megabyte_of_digits_is_no_amount() => Assert.False(UnsignedDecimal.IsCanonical(new string('1', 1_000_000)));

    [Theory]
    [InlineData("0", "1", -1)]
    [InlineData("9", "10", -1)]
    [InlineData("10", "10", 0)]
    [InlineData("100", "99", 1)]
    [InlineData("21", "12", 1)]
    [InlineData(UnsignedDecimal.AtomsMax, UnsignedDecimal.UInt256Max, -1)]
    public void Texts_are_ordered_by_value(string left, string right, int sign)
    {
        Assert.Equal(sign, Math.Sign(UnsignedDecimal.Compare(left, right)));
        Assert.Equal(-sign, Math.Sign(UnsignedDecimal.Compare(right, left)));
    }

    [Theory]
    [InlineData("9223372036854775807", long.MaxValue, 0)]
    [InlineData("9223372036854775808", long.MaxValue, 1)]
    [InlineData("0", 0, 0)]
    [InlineData("9", 10, -1)]
    public void A_text_is_ordered_against_a_number(string left, long right, int sign) =>
        Assert.Equal(sign, Math.Sign(UnsignedDecimal.Compare(left, right)));

    private static (ParseOutcome Outcome, string? Code) Verdict(ParseResult<FacilitatorRequest> result) => (result.Outcome, result.Fault?.Code);
}
