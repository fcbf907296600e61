using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace AgentPay.X402.Headers;

/// <summary>
/// Base64 of RFC 4648 section 4, with padding, in its one canonical spelling: no white space, no URL alphabet, no bits set that stand for
/// nothing. So one message has one header, and a header can't be respelled to look new.
/// </summary>
public static class HeaderCodec
{
    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    /// <summary>The header text of a message.</summary>
    public static string Encode(ReadOnlySpan<byte> message) => Convert.ToBase64String(message);

    /// <summary>The message of a header text; false when the text is empty, too long or not canonical base64.</summary>
    public static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? message)
    {
        message = null;
        if (text.Length == 0 || text.Length > X402Limits.HeaderCharactersMax || text.Length % 4 != 0)
        {
            return false;
        }

        var padding = text[^1] != '=' ? 0 : text[^2] != '=' ? 1 : 2;
        var digits = text.AsSpan(0, text.Length - padding);
        if (digits.ContainsAnyExcept(Alphabet) || !EndsInZeroBits(digits[^1], padding))
        {
            return false;
        }

        var bytes = new byte[(text.Length / 4 * 3) - padding];
        if (!Convert.TryFromBase64Chars(text, bytes, out var written) || written != bytes.Length)
        {
            return false;
        }

        message = bytes;
        return true;
    }

    /// <summary>With one '=' the last digit carries two bits that stand for nothing, with two '=' four.</summary>
    private static bool EndsInZeroBits(char last, int padding) => padding switch
    {
        0 => true,
        1 => "AEIMQUYcgkosw048".Contains(last, StringComparison.Ordinal),
        _ => "AQgw".Contains(last, StringComparison.Ordinal),
    };
}
