using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using AgentPay.Chains.Crypto;

namespace AgentPay.Chains.Evm;

/// <summary>32 bytes: a hash, a nonce, a log topic or one ABI word. The text form is lower-case hexadecimal with 0x.</summary>
public readonly record struct Bytes32
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <summary>Takes exactly 32 bytes.</summary>
    /// <exception cref="ArgumentException">Another length.</exception>
    public Bytes32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException("Must be 32 bytes.", nameof(bytes));
        }

        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    /// <summary>Keccak-256 of the data.</summary>
    public static Bytes32 Keccak(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Length];
        Keccak256.Hash(data, hash);
        return new Bytes32(hash);
    }

    /// <summary>An address as an ABI word: 12 zero bytes before it.</summary>
    public static Bytes32 From(Address address)
    {
        Span<byte> word = stackalloc byte[Length];
        word.Clear();
        address.WriteTo(word[12..]);
        return new Bytes32(word);
    }

    /// <summary>A number as an ABI word, big-endian.</summary>
    public static Bytes32 From(UInt256 number)
    {
        Span<byte> word = stackalloc byte[Length];
        number.WriteTo(word);
        return new Bytes32(word);
    }

    /// <summary>Reads 0x and 64 hexadecimal digits of any case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Bytes32 value)
    {
        Span<byte> bytes = stackalloc byte[Length];
        var read = Hex.TryDecodePrefixed(text, bytes);
        value = read ? new Bytes32(bytes) : default;
        return read;
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">Not 0x and 64 hexadecimal digits.</exception>
    public static Bytes32 Parse(string text) =>
        TryParse(text, out var value) ? value : throw new FormatException("Must be 0x and 64 hexadecimal digits.");

    /// <summary>Writes the 32 bytes.</summary>
    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    /// <summary>A copy of the 32 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        WriteTo(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        WriteTo(bytes);
        return Hex.ToPrefixed(bytes);
    }
}
