using System.Buffers.Binary;
using System.Security.Cryptography;
using AgentPay.Chains.Crypto;

namespace AgentPay.Chains.Tests.Crypto;

public sealed class KeccakTests
{
    [Theory]
    [InlineData("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [InlineData("The quick brown fox jumps over the lazy dog", "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15")]
    public void Known_texts_hash_as_published(string text, string hash) =>
        Assert.Equal(hash, Convert.ToHexStringLower(Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void Every_length_from_0_to_599_hashes_as_noble_does()
    {
        var hashes = Vectors.Crypto.GetProperty("keccak");
        Assert.Equal(600, hashes.GetArrayLength());
        for (var length = 0; length < hashes.GetArrayLength(); length++)
        {
            Assert.Equal(hashes[length].GetString(), Convert.ToHexStringLower(Keccak256.Hash(Message(length))));
        }
    }

    [Fact]
    public void Hashing_allocates_nothing()
    {
        var data = new byte[1000];
        var hash = new byte[32];
        Keccak256.Hash(data, hash);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Keccak256.Hash(data, hash);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_short_destination_is_refused() => Assert.Throws<ArgumentException>(() => Keccak256.Hash([], new byte[31]));

    private static byte[] Message(int length)
    {
        var message = new List<byte>();
        var seed = new byte[8];
        for (var counter = 0; message.Count < length; counter++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(seed, length);
            BinaryPrimitives.WriteInt32LittleEndian(seed.AsSpan(4), counter);
            message.AddRange(SHA256.HashData(seed));
        }

        return [.. message.Take(length)];
    }
}
