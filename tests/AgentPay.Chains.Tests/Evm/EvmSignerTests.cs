using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

public sealed class EvmSignerTests : IDisposable
{
    private const string Key = "4646464646464646464646464646464646464646464646464646464646464646";
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void The_text_form_is_the_address_and_never_the_key()
    {
        using var signer = EvmSigner.Parse(Key);
        Assert.Equal("0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f", signer.ToString());
    }

    [Theory]
    [InlineData(Key)]
    [InlineData("0x" + Key)]
    [InlineData("  0x" + Key + "\n")]
    public void A_file_with_one_key_and_white_space_is_read(string content)
    {
        File.WriteAllText(_file, content);
        using var signer = EvmSigner.FromFile(_file);
        Assert.Equal("0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f", signer.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(Key + "46")]
    [InlineData(Key + " " + Key)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")]
    public void Anything_else_is_refused_without_showing_it(string content)
    {
        File.WriteAllText(_file, content);
        var refused = Assert.Throws<FormatException>(() => EvmSigner.FromFile(_file));
        Assert.Equal($"The file {_file} does not hold one private key of 64 hexadecimal digits.", refused.Message);
        Assert.Null(refused.InnerException);
    }

    [Fact]
    public void A_disposed_signer_signs_nothing()
    {
        var signer = EvmSigner.Parse(Key);
        signer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => signer.SignDigest(default));
    }

    public void Dispose() => File.Delete(_file);
}
