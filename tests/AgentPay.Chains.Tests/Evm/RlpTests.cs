using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

public sealed class RlpTests
{
    [Fact]
    public void Lists_are_written_and_read_as_three_libraries_do()
    {
        foreach (var vector in Vectors.Evm.GetProperty("rlp").EnumerateArray())
        {
            var writer = new RlpWriter();
            var encoded = vector.GetProperty("encoded").Unhex();
            var outer = new RlpReader(encoded);
            var list = outer.List();
            foreach (var item in vector.GetProperty("items").EnumerateArray())
            {
                writer.Bytes(item.Unhex());
                Assert.Equal(item.Unhex(), list.Bytes().ToArray());
            }

            Assert.True(list.AtEnd && outer.AtEnd);
            Assert.Equal(encoded, writer.ToList());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("c1")]
    [InlineData("83aabb")]
    [InlineData("8100")]
    [InlineData("817f")]
    [InlineData("b800")]
    [InlineData("b837")]
    [InlineData("b90037")]
    [InlineData("bf0100000000000000")]
    [InlineData("bb7fffffff")]
    [InlineData("bbffffffff")]
    public void Cut_short_or_not_canonical_forms_are_refused(string encoded) => Assert.Throws<FormatException>(() =>
    {
        var reader = new RlpReader(Vectors.Unhex(encoded));
        if (encoded.StartsWith('c'))
        {
            reader.List();
        }
        else
        {
            reader.Bytes();
        }
    });

    [Theory]
    [InlineData("8200ff")]
    [InlineData("00")]
    [InlineData("a1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void Numbers_with_leading_zeros_or_beyond_32_bytes_are_refused(string encoded) =>
        Assert.Throws<FormatException>(() => new RlpReader(Vectors.Unhex(encoded)).Number());
}
