using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using AgentPay.Chains.Crypto;

namespace AgentPay.Chains.Evm;

/// <summary>A 20-byte EVM account address. Compared by value; the text form is lower-case hexadecimal with 0x.</summary>
public readonly record struct Address
{
    /// <summary>Length in bytes.</summary>
    public const int Bytes = 20;

    private readonly ulong _high;
    private readonly ulong _middle;
    private readonly uint _low;

    /// <summary>Takes exactly 20 bytes.</summary>
    /// <exception cref="ArgumentException">Another length.</exception>
    public Address(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes)
        {
            throw new ArgumentException("An address is 20 bytes.", nameof(bytes));
        }

        _high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _middle = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _low = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    /// <summary>0x0000000000000000000000000000000000000000.</summary>
    public static Address Zero => default;

    /// <summary>The address of a public key: the last 20 bytes of Keccak-256 of x, y (64 bytes).</summary>
    public static Address FromPublicKey(ReadOnlySpan<byte> publicKey)
    {
        Span<byte> hash = stackalloc byte[Keccak256.HashBytes];
        Keccak256.Hash(publicKey, hash);
        return new Address(hash[12..]);
    }

    /// <summary>Reads 0x and 40 hexadecimal digits of any case.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address, or zero.</param>
    /// <param name="strictChecksum">Refuses mixed case whose checksum (EIP-55) is wrong; all-lower and all-upper stay allowed.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out Address address, bool strictChecksum = false)
    {
        address = default;
        Span<byte> bytes = stackalloc byte[Bytes];
        if (!Hex.TryDecodePrefixed(text, bytes))
        {
            return false;
        }

        var parsed = new Address(bytes);
        if (strictChecksum && HasBothCases(text) && !string.Equals(parsed.ToChecksum(), text, StringComparison.Ordinal))
        {
            return false;
        }

        address = parsed;
        return true;
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">Not 0x and 40 hexadecimal digits.</exception>
    public static Address Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException("An address is 0x and 40 hexadecimal digits.");

    /// <summary>Writes the 20 bytes.</summary>
    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _middle);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _low);
    }

    /// <summary>The mixed-case form of EIP-55.</summary>
    public string ToChecksum()
    {
        Span<byte> digits = stackalloc byte[Bytes * 2];
        Span<byte> bytes = stackalloc byte[Bytes];
        WriteTo(bytes);
        Hex.Encode(bytes, digits);
        Span<byte> hash = stackalloc byte[Keccak256.HashBytes];
        Keccak256.Hash(digits, hash);
        for (var i = 0; i < digits.Length; i++)
        {
            var nibble = (i & 1) == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 0xF;
            if (nibble >= 8 && digits[i] >= (byte)'a')
            {
                digits[i] -= 'a' - 'A';
            }
        }

        return "0x" + Encoding.ASCII.GetString(digits);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        WriteTo(bytes);
        return Hex.ToPrefixed(bytes);
    }

    private static bool HasBothCases(string text)
    {
        var digits = text.AsSpan(2);
        return digits.IndexOfAnyInRange('a', 'f') >= 0 && digits.IndexOfAnyInRange('A', 'F') >= 0;
    }
}
