using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace AgentPay.Chains.Evm;

/// <summary>Reads what a contract returned. Contracts lie: every length is checked, and nothing here throws.</summary>
public static class AbiReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>One word, exactly.</summary>
    public static bool TryReadNumber(ReadOnlySpan<byte> data, out UInt256 number)
    {
        var isWord = data.Length == UInt256.Bytes;
        number = isWord ? new UInt256(data) : default;
        return isWord;
    }

    /// <summary>One word, exactly, that is 0 or 1.</summary>
    public static bool TryReadBool(ReadOnlySpan<byte> data, out bool value)
    {
        value = TryReadNumber(data, out var number) && number == UInt256.One;
        return value || (data.Length == UInt256.Bytes && number.IsZero);
    }

    /// <summary>One dynamic string; false when it is cut short or is not UTF-8.</summary>
    public static bool TryReadText(ReadOnlySpan<byte> data, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (!TryReadLength(data, 0, out var offset) || !TryReadLength(data, offset, out var length) || length > data.Length - offset - UInt256.Bytes)
        {
            return false;
        }

        var bytes = data.Slice(offset + UInt256.Bytes, length);
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return false;
        }

        text = StrictUtf8.GetString(bytes);
        return true;
    }

    /// <summary>The address in the word at a place; false when its upper 12 bytes are not zero.</summary>
    public static bool TryReadAddress(ReadOnlySpan<byte> data, int at, out Address address)
    {
        address = default;
        if (at > data.Length - UInt256.Bytes || data.Slice(at, UInt256.Bytes - Address.Bytes).ContainsAnyExcept((byte)0))
        {
            return false;
        }

        address = new Address(data.Slice(at + UInt256.Bytes - Address.Bytes, Address.Bytes));
        return true;
    }

    /// <summary>The dynamic bytes whose offset, from the start of the data, is in the word at a place; false when they are cut short.</summary>
    public static bool TryReadBytes(ReadOnlyMemory<byte> data, int at, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (!TryReadLength(data.Span, at, out var offset) || !TryReadLength(data.Span, offset, out var length) || length > data.Length - offset - UInt256.Bytes)
        {
            return false;
        }

        bytes = data.Slice(offset + UInt256.Bytes, length);
        return true;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> data, int at, out int length)
    {
        length = 0;
        if (at > data.Length - UInt256.Bytes || !new UInt256(data.Slice(at, UInt256.Bytes)).TryToUInt64(out var value) || value > (ulong)data.Length)
        {
            return false;
        }

        length = (int)value;
        return true;
    }
}
