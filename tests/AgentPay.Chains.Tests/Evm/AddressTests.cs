using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

public sealed class AddressTests
{
    [Fact]
    public void Checksums_agree_with_200_of_ethers_and_viem()
    {
        Assert.Equal(200, Vectors.Evm.GetProperty("addresses").GetArrayLength());
        foreach (var vector in Vectors.Evm.GetProperty("addresses").EnumerateArray())
        {
            var text = vector.GetString()!;
            var address = Address.Parse(text.ToLowerInvariant());
            Assert.Equal(text, address.ToChecksum());
            Assert.Equal(text.ToLowerInvariant(), address.ToString());
            Assert.True(Address.TryParse(text, out var strict, strictChecksum: true));
            Assert.Equal(address, strict);
            Assert.Equal(address, Address.Parse("0x" + text[2..].ToUpperInvariant()));
        }
    }

    [Fact]
    public void A_wrong_checksum_counts_only_when_asked_for()
    {
        const string Valid = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
        var flipped = Valid.Replace("fCD6", "FCD6", StringComparison.Ordinal);
        Assert.True(Address.TryParse(flipped, out _));
        Assert.False(Address.TryParse(flipped, out _, strictChecksum: true));
        Assert.True(Address.TryParse(flipped.ToLowerInvariant(), out _, strictChecksum: true));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("833589fcd6edb6e08f4c7c32d4f71b54bda02913")]
    [InlineData("0X833589fcd6edb6e08f4c7c32d4f71b54bda02913")]
    [InlineData("0x833589fcd6edb6e08f4c7c32d4f71b54bda0291")]
    [InlineData("0x833589fcd6edb6e08f4c7c32d4f71b54bda029133")]
    [InlineData("0x833589fcd6edb6e08f4c7c32d4f71b54bda0291g")]
    [InlineData(" 0x833589fcd6edb6e08f4c7c32d4f71b54bda0291")]
    [InlineData("0x833589fcd6edb6e08f4c7c32d4f71b54bda0291\u0661")]
    public void Anything_but_0x_and_40_digits_is_no_address(string? text) => Assert.False(Address.TryParse(text, out _));
}
