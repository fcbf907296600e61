using System.Globalization;

namespace AgentPay.X402.Amounts;

/// <summary>
/// An unsigned integer as canonical decimal text: ASCII digits, no sign, no leading zero, at most 2^256 - 1. The text is compared as text,
/// by length and then by digits, so no conversion stands between what was signed and what is judged.
/// </summary>
public static class UnsignedDecimal
{
    /// <summary>2^256 - 1, the most a <c>uint256</c> holds.</summary>
    public const string UInt256Max = "115792089237316195423570985008687907853269984665640564039457584007913129639935";

    /// <summary>2^127 - 1, the most atoms one payment may move here.</summary>
    public const string AtomsMax = "170141183460469231731687303715884105727";

    /// <summary>True when the text is canonical and at most 2^256 - 1.</summary>
    public static bool IsCanonical(ReadOnlySpan<char> text)
    {
        if (text.Length == 0 || text.Length > UInt256Max.Length || text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        return (text[0] != '0' || text.Length == 1) && Compare(text, UInt256Max) <= 0;
    }

    /// <summary>Orders two canonical texts by value: negative, zero or positive.</summary>
    public static int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);

    /// <summary>Orders a canonical text and a number by value: negative, zero or positive.</summary>
    /// <param name="left">Canonical text.</param>
    /// <param name="right">0 or more.</param>
    public static int Compare(ReadOnlySpan<char> left, long right)
    {
        Span<char> digits = stackalloc char[20];
        return right.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture)
            ? Compare(left, digits[..length])
            : throw new InvalidOperationException("Twenty characters hold any 64-bit number.");
    }
}
