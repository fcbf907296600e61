using AgentPay.Chains.Crypto;

namespace AgentPay.Chains.Tests.Crypto;

public sealed class Ed25519Tests
{
    [Fact]
    public void Keys_and_signatures_agree_with_200_of_noble()
    {
        var vectors = Vectors.Crypto.GetProperty("ed25519");
        Assert.Equal(200, vectors.GetArrayLength());
        foreach (var vector in vectors.EnumerateArray())
        {
            CheckVector(vector[0].Unhex(), vector[1].Unhex(), vector[2].Unhex(), vector[3].Unhex());
        }
    }

    [Theory] // RFC 8032, section 7.1, tests 1 and 2.
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    public void The_vectors_of_the_standard_hold(string seed, string publicKey, string message, string signature) =>
        CheckVector(Vectors.Unhex(seed), Vectors.Unhex(publicKey), Vectors.Unhex(message), Vectors.Unhex(signature));

    [Fact]
    public void On_curve_is_decompression_alone_as_program_addresses_need_it()
    {
        var vectors = Vectors.Crypto.GetProperty("onCurve");
        Assert.Equal(600, vectors.GetArrayLength());
        Assert.All(vectors.EnumerateArray(), vector => Assert.Equal(vector[1].GetBoolean(), Ed25519.IsOnCurve(vector[0].Unhex())));
    }

    [Fact]
    public void Wrong_lengths_are_never_valid()
    {
        var vector = Vectors.Crypto.GetProperty("ed25519")[0];
        Assert.False(Ed25519.Verify(vector[3].Unhex().AsSpan(0, 63), vector[2].Unhex(), vector[1].Unhex()));
        Assert.False(Ed25519.Verify(vector[3].Unhex(), vector[2].Unhex(), vector[1].Unhex().AsSpan(0, 31)));
        Assert.False(Ed25519.IsOnCurve(new byte[33]));
    }

    private static void CheckVector(byte[] seed, byte[] publicKey, byte[] message, byte[] signature)
    {
        var (madeKey, secret, made) = (new byte[32], new byte[64], new byte[64]);
        Ed25519.KeyPairFromSeed(seed, madeKey, secret);
        Ed25519.Sign(message, secret, made);
        Assert.Equal(publicKey, madeKey);
        Assert.Equal(signature, made);
        Assert.True(Ed25519.Verify(signature, message, publicKey));
        made[7] ^= 1;
        Assert.False(Ed25519.Verify(made, message, publicKey));
        Assert.False(Ed25519.Verify(signature, [.. message, 0], publicKey));
    }
}
