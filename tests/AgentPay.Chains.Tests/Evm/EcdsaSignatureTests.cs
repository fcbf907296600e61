using System.Numerics;
using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

public sealed class EcdsaSignatureTests
{
    private static readonly BigInteger Order =
        BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", System.Globalization.NumberStyles.HexNumber);

    private static readonly EvmSigner Signer = EvmSigner.Parse(Vectors.Evm.GetProperty("key").GetString());
    private static readonly Bytes32 Digest = Bytes32.Keccak("digest"u8);
    private static readonly byte[] Valid = Signer.SignDigest(Digest).ToArray();

    [Fact]
    public void V_may_come_as_0_and_1_or_27_and_28()
    {
        var low = Valid.ToArray();
        low[64] -= 27;
        Assert.Equal(Signer.Address, Recovered(Valid));
        Assert.Equal(Signer.Address, Recovered(low));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(26)]
    [InlineData(29)]
    [InlineData(255)]
    public void Any_other_v_is_refused(byte v) => Assert.Null(Recovered(With(64, [v])));

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(66)]
    [InlineData(1_000_000)]
    public void Any_other_length_is_refused(int length)
    {
        var bytes = new byte[length];
        Valid.AsSpan(0, Math.Min(length, 65)).CopyTo(bytes);
        Assert.Null(Recovered(bytes));
    }

    [Fact]
    public void A_scalar_of_zero_or_not_below_the_order_is_refused()
    {
        foreach (var scalar in new[] { BigInteger.Zero, Order, Order + 1, (BigInteger.One << 256) - 1 })
        {
            Assert.Null(Recovered(With(0, Word(scalar))));
            Assert.Null(Recovered(With(32, Word(scalar))));
        }
    }

    [Fact]
    public void The_high_twin_of_a_valid_signature_is_refused()
    {
        var s = new BigInteger(Valid.AsSpan(32, 32), isUnsigned: true, isBigEndian: true);
        var twin = With(32, Word(Order - s));
        twin[64] = (byte)(Valid[64] == 27 ? 28 : 27);
        Assert.Null(Recovered(twin));
    }

    [Fact]
    public void A_default_signature_recovers_nobody() => Assert.False(default(EcdsaSignature).TryRecover(Digest, out _));

    private static Address? Recovered(byte[] bytes) =>
        EcdsaSignature.TryParse(bytes, out var signature) && signature.TryRecover(Digest, out var signer) ? signer : null;

    private static byte[] With(int at, byte[] replacement)
    {
        var bytes = Valid.ToArray();
        replacement.CopyTo(bytes, at);
        return bytes;
    }

    private static byte[] Word(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }
}
