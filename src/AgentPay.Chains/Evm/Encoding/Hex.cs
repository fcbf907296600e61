using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AgentPay.Chains.Evm;

/// <summary>Hexadecimal with 0x, as Ethereum's JSON-RPC writes it.</summary>
internal static class Hex
{
    /// <summary>Reads 0x and exactly as many digits as fill <paramref name="destination"/>.</summary>
    public static bool TryDecodePrefixed([NotNullWhen(true)] string? text, Span<byte> destination) =>
        text is not null
        && text.Length == 2 + (destination.Length * 2)
        && text[0] == '0' && text[1] == 'x'
        && Convert.FromHexString(text.AsSpan(2), destination, out _, out _) == OperationStatus.Done;

    /// <summary>Reads 0x and an even number of digits, possibly none.</summary>
    public static bool TryDecode([NotNullWhen(true)] string? text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text is null || text.Length < 2 || text.Length % 2 != 0)
        {
            return false;
        }

        var buffer = new byte[(text.Length - 2) / 2];
        if (!TryDecodePrefixed(text, buffer))
        {
            return false;
        }

        bytes = buffer;
        return true;
    }

    /// <summary>Reads 0x and digits of a number without leading zeros.</summary>
    public static bool TryReadQuantity(string? text, out UInt256 value)
    {
        value = default;
        if (text is null || text.Length is < 3 or > 66 || text[0] != '0' || text[1] != 'x')
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[UInt256.Bytes];
        var digits = text.AsSpan(2);
        Span<char> even = stackalloc char[digits.Length + (digits.Length % 2)];
        even[0] = '0';
        digits.CopyTo(even[(digits.Length % 2)..]);
        if (Convert.FromHexString(even, bytes, out _, out var written) != OperationStatus.Done)
        {
            return false;
        }

        value = new UInt256(bytes[..written]);
        return true;
    }

    public static string ToPrefixed(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes);

    public static string Quantity(ulong number) => "0x" + number.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Writes lower-case ASCII digits without a prefix.</summary>
    public static void Encode(ReadOnlySpan<byte> bytes, Span<byte> digits)
    {
        var at = 0;
        foreach (var value in bytes)
        {
            digits[at++] = "0123456789abcdef"u8[value >> 4];
            digits[at++] = "0123456789abcdef"u8[value & 0xF];
        }
    }
}
