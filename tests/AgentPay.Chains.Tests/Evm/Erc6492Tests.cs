using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

public sealed class Erc6492Tests
{
    private static readonly byte[] Magic = Vectors.Unhex(string.Concat(Enumerable.Repeat("6492", 16)));
    private static readonly Address Factory = Address.Parse("0x00000000000000000000000000000000000000fa");

    [Fact]
    public void What_ethers_and_viem_wrap_is_taken_apart_into_what_they_wrapped()
    {
        Assert.True(Vectors.Erc6492.GetArrayLength() >= 8);
        foreach (var vector in Vectors.Erc6492.EnumerateArray())
        {
            Assert.True(Erc6492.TryUnwrap(vector.GetProperty("wrapped").Unhex(), out var deployment, out var signature));
            Assert.Equal(vector.GetProperty("factory").Address(), deployment.Factory);
            Assert.Equal(vector.GetProperty("calldata").Unhex(), deployment.Calldata.ToArray());
            Assert.Equal(vector.GetProperty("signature").Unhex(), signature.ToArray());
        }
    }

    [Fact]
    public void Only_the_last_32_bytes_tell_that_a_signature_is_wrapped()
    {
        Assert.True(Erc6492.IsWrapped(Magic));
        Assert.True(Erc6492.IsWrapped([1, .. Magic]));
        Assert.False(Erc6492.IsWrapped(Magic.AsSpan(1)));
        Assert.False(Erc6492.IsWrapped([.. Magic, 0]));
        Assert.False(Erc6492.IsWrapped([]));
        Assert.False(Erc6492.TryUnwrap(Wrap(Factory, [1], [2]).AsMemory()[..^1], out _, out _));
    }

    [Fact]
    public void A_signature_cut_anywhere_or_with_an_offset_or_length_too_large_is_not_taken_apart()
    {
        var body = Wrap(Factory, [1, 2, 3], new byte[65])[..^Magic.Length];
        var padding = 31 - (64 % 32);
        for (var length = 0; length < body.Length - padding; length++)
        {
            Assert.False(Erc6492.TryUnwrap((byte[])[.. body[..length], .. Magic], out _, out _), $"{length} bytes");
        }

        foreach (var at in new[] { 32, 64, 96, 160 })
        {
            byte[] changed = [.. body, .. Magic];
            changed[at] = 0xff;
            Assert.False(Erc6492.TryUnwrap(changed, out _, out _), $"word at {at}");
        }
    }

    [Fact]
    public void The_zero_address_and_what_is_no_address_are_no_factory()
    {
        Assert.True(Erc6492.TryUnwrap(Wrap(Factory, [], []), out _, out _));
        Assert.False(Erc6492.TryUnwrap(Wrap(Address.Zero, [], []), out _, out _));
        var wrapped = Wrap(Factory, [], []);
        wrapped[11] = 1;
        Assert.False(Erc6492.TryUnwrap(wrapped, out _, out _));
    }

    [Fact]
    public void A_wrapped_signature_inside_another_is_not_taken_apart()
    {
        Assert.False(Erc6492.TryUnwrap(Wrap(Factory, [1], Wrap(Factory, [1], new byte[65])), out _, out _));
        Assert.False(Erc6492.TryUnwrap(Wrap(Factory, [1], Magic), out _, out _));
        Assert.True(Erc6492.TryUnwrap(Wrap(Factory, Magic, new byte[65]), out _, out _));
    }

    private static byte[] Wrap(Address factory, byte[] calldata, byte[] signature) =>
        [.. new AbiWriter(ReadOnlySpan<byte>.Empty).Address(factory).Bytes(calldata).Bytes(signature).ToArray(), .. Magic];
}
