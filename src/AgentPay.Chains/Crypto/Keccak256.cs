using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace AgentPay.Chains.Crypto;

/// <summary>Keccak-256 as Ethereum uses it: the padding of the Keccak submission (0x01), not that of SHA3-256 (0x06). Allocates nothing.</summary>
public static class Keccak256
{
    /// <summary>Length of a hash.</summary>
    public const int HashBytes = 32;

    private const int RateBytes = 136;

    /// <summary>Hashes <paramref name="data"/> into the first 32 bytes of <paramref name="hash"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="hash"/> is shorter than 32 bytes.</exception>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        if (hash.Length < HashBytes)
        {
            throw new ArgumentException("Must hold 32 bytes.", nameof(hash));
        }

        Span<ulong> state = stackalloc ulong[KeccakPermutation.Lanes];
        state.Clear();
        while (data.Length >= RateBytes)
        {
            Absorb(state, data[..RateBytes]);
            data = data[RateBytes..];
        }

        Span<byte> last = stackalloc byte[RateBytes];
        last.Clear();
        data.CopyTo(last);
        last[data.Length] = 0x01;
        last[RateBytes - 1] |= 0x80;
        Absorb(state, last);
        for (var lane = 0; lane < HashBytes / sizeof(ulong); lane++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(hash[(lane * sizeof(ulong))..], state[lane]);
        }
    }

    /// <summary>Hashes into a new array.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> data)
    {
        var hash = new byte[HashBytes];
        Hash(data, hash);
        return hash;
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        if (BitConverter.IsLittleEndian)
        {
            var lanes = MemoryMarshal.Cast<byte, ulong>(block);
            for (var lane = 0; lane < lanes.Length; lane++)
            {
                state[lane] ^= lanes[lane];
            }
        }
        else
        {
            for (var lane = 0; lane < RateBytes / sizeof(ulong); lane++)
            {
                state[lane] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(lane * sizeof(ulong))..]);
            }
        }

        KeccakPermutation.Permute(state);
    }
}
