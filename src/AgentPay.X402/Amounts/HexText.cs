namespace AgentPay.X402.Amounts;

/// <summary>Byte strings as <c>0x</c> and hexadecimal digits of any case, as Ethereum writes them.</summary>
public static class HexText
{
    /// <summary>True for <c>0x</c> and 40 hexadecimal digits. The EIP-55 checksum in the case of the letters is not demanded.</summary>
    public static bool IsAddress(ReadOnlySpan<char> text) => IsBytes(text, 20);

    /// <summary>True for <c>0x</c> and exactly <paramref name="bytes"/> bytes.</summary>
    public static bool IsBytes(ReadOnlySpan<char> text, int bytes) => text.Length == 2 + (2 * bytes) && IsBytesUpTo(text, bytes);

    /// <summary>True for <c>0x</c> and a whole number of bytes, none to <paramref name="bytesMax"/>.</summary>
    public static bool IsBytesUpTo(ReadOnlySpan<char> text, int bytesMax)
    {
        if (text.Length < 2 || text.Length > 2 + (2 * bytesMax) || text.Length % 2 != 0 || text[0] != '0' || text[1] != 'x')
        {
            return false;
        }

        foreach (var digit in text[2..])
        {
            if (!char.IsAsciiHexDigit(digit))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True when both name the same bytes: the case of the digits says nothing.</summary>
    public static bool AreEqual(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
