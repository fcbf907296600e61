using System.Security.Cryptography;
using AgentPay.Chains.Crypto;
using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Crypto;

public sealed class Secp256k1Tests
{
    private const string Order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

    [Fact]
    public void Signing_and_recovering_agree_with_500_signatures_of_noble()
    {
        var vectors = Vectors.Crypto.GetProperty("ecdsa");
        Assert.Equal(500, vectors.GetArrayLength());
        var publicKey = new byte[64];
        var signature = new byte[64];
        foreach (var vector in vectors.EnumerateArray())
        {
            var (key, digest, expected) = (vector[0].Unhex(), vector[1].Unhex(), vector[2].Unhex());
            Assert.Equal(vector[3].GetInt32(), Secp256k1.Sign(digest, key, signature));
            Assert.Equal(expected, signature);
            Assert.True(Secp256k1.TryRecover(digest, expected, vector[3].GetInt32(), publicKey));
            Assert.Equal(new Address(vector[4].Unhex()), Address.FromPublicKey(publicKey));
            Secp256k1.PublicKey(key, publicKey);
            Assert.Equal(new Address(vector[4].Unhex()), Address.FromPublicKey(publicKey));
            Assert.True(Secp256k1.IsLowS(signature.AsSpan(32)));
        }
    }

    [Theory]
    [InlineData("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", true)]
    [InlineData("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1", false)]
    public void Half_the_order_is_the_last_low_s(string s, bool isLow) => Assert.Equal(isLow, Secp256k1.IsLowS(Vectors.Unhex(s)));

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", false)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000001", true)]
    [InlineData("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", true)]
    [InlineData(Order, false)]
    [InlineData("00", false)]
    public void A_scalar_is_from_one_to_the_order_less_one(string number, bool isScalar) =>
        Assert.Equal(isScalar, Secp256k1.IsScalar(Vectors.Unhex(number)));

    [Fact]
    public void A_key_outside_the_range_signs_nothing()
    {
        Assert.Throws<CryptographicException>(() => Secp256k1.Sign(new byte[32], new byte[32], new byte[64]));
        Assert.Throws<CryptographicException>(() => Secp256k1.Sign(new byte[32], Vectors.Unhex(Order), new byte[64]));
        Assert.Throws<CryptographicException>(() => Secp256k1.PublicKey(Vectors.Unhex(Order), new byte[64]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void A_recovery_id_outside_0_to_3_recovers_nothing(int recoveryId)
    {
        var vector = Vectors.Crypto.GetProperty("ecdsa")[0];
        Assert.False(Secp256k1.TryRecover(vector[1].Unhex(), vector[2].Unhex(), recoveryId, new byte[64]));
    }

    [Fact]
    public void Recovering_allocates_nothing()
    {
        var vector = Vectors.Crypto.GetProperty("ecdsa")[0];
        var (digest, signature, publicKey) = (vector[1].Unhex(), vector[2].Unhex(), new byte[64]);
        Secp256k1.TryRecover(digest, signature, 0, publicKey);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Secp256k1.TryRecover(digest, signature, 0, publicKey);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
