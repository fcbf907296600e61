using System.Numerics;
using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

public sealed class UInt256Tests
{
    private const string Max = "115792089237316195423570985008687907853269984665640564039457584007913129639935";

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("18446744073709551616")]
    [InlineData("340282366920938463463374607431768211455")]
    [InlineData("340282366920938463463374607431768211456")]
    [InlineData(Max)]
    public void Decimal_text_is_read_and_written_back(string text) => Assert.Equal(text, UInt256.Parse(text).ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("01")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("0x1")]
    [InlineData("1_000")]
    [InlineData("\u0661")]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639936")]
    [InlineData("999999999999999999999999999999999999999999999999999999999999999999999999999999")]
    [InlineData("1000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    public void Any_other_text_is_no_number(string? text) => Assert.False(UInt256.TryParse(text, out _));

    [Fact]
    public void Arithmetic_agrees_with_big_integers_and_throws_where_they_leave_the_range()
    {
        var random = new Random(20260101);
        var limit = BigInteger.One << 256;
        for (var i = 0; i < 5000; i++)
        {
            var (a, b) = (Number(random), Number(random));
            var small = (ulong)random.NextInt64() >> random.Next(64);
            var (x, y) = (UInt256.Parse(a.ToString()), UInt256.Parse(b.ToString()));
            Check(a + b, () => x + y);
            Check(a - b, () => x - y);
            Check(a * small, () => x * small);
            Assert.Equal(a.CompareTo(b), x.CompareTo(y));
            Assert.Equal(a < b, x < y);
            var bytes = new byte[32];
            x.WriteTo(bytes);
            Assert.Equal(a, new BigInteger(bytes, isUnsigned: true, isBigEndian: true));
            Assert.Equal(x, new UInt256(bytes));
        }

        void Check(BigInteger expected, Func<UInt256> compute)
        {
            if (expected < 0 || expected >= limit)
            {
                Assert.Throws<OverflowException>(() => compute());
            }
            else
            {
                Assert.Equal(expected.ToString(), compute().ToString());
            }
        }
    }

    [Fact]
    public void The_edges_hold_from_both_sides()
    {
        Assert.Equal(UInt256.MaxValue, UInt256.Parse(Max));
        Assert.Throws<OverflowException>(() => UInt256.MaxValue + UInt256.One);
        Assert.Throws<OverflowException>(() => UInt256.Zero - UInt256.One);
        Assert.Throws<OverflowException>(() => UInt256.MaxValue * 2UL);
        Assert.Equal(UInt256.MaxValue, UInt256.MaxValue * 1UL);
        Assert.True(new UInt256((UInt128)ulong.MaxValue).TryToUInt64(out var number) && number == ulong.MaxValue);
        Assert.False((new UInt256((UInt128)ulong.MaxValue) + UInt256.One).TryToUInt64(out _));
    }

    private static BigInteger Number(Random random)
    {
        var bytes = new byte[random.Next(33)];
        random.NextBytes(bytes);
        return new BigInteger(bytes, isUnsigned: true);
    }
}
