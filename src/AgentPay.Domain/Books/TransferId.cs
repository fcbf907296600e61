using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AgentPay.Domain.Books;

/// <summary>
/// Names a transfer: <c>txn_</c> and 26 characters of Crockford's base 32, time-ordered; in a batch followed by <c>_</c> and the place in it, from 0.
/// </summary>
/// <param name="Request">The id of the request that asked for it.</param>
/// <param name="Place">0-based place in the request's list; null when it was sent alone.</param>
public readonly record struct TransferId(string Request, int? Place)
{
    private const string Prefix = "txn_";
    private const int Digits = 26;
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private static readonly SearchValues<char> AlphabetValues = SearchValues.Create(Alphabet);

    /// <summary>The id of a request, from 16 bytes that begin with its time.</summary>
    public static string NewRequest(Guid timeOrdered) => string.Create(Prefix.Length + Digits, timeOrdered, static (text, id) =>
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var number = new UInt128(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes), System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        Prefix.CopyTo(text);
        for (var i = text.Length - 1; i >= Prefix.Length; i--)
        {
            text[i] = Alphabet[(int)(number & 31)];
            number >>= 5;
        }
    });

    /// <summary>Reads an id; false when no transfer can have it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TransferId? id)
    {
        id = null;
        if (text.Length < Prefix.Length + Digits || !text.StartsWith(Prefix, StringComparison.Ordinal) || text.AsSpan(Prefix.Length, Digits).ContainsAnyExcept(AlphabetValues))
        {
            return false;
        }

        var request = text[..(Prefix.Length + Digits)];
        if (text.Length == request.Length)
        {
            id = new TransferId(request, null);
            return true;
        }

        var digits = text.AsSpan(request.Length + 1);
        if (text[request.Length] != '_' || digits.Length is 0 or > 3 || (digits.Length > 1 && digits[0] == '0')
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var place))
        {
            return false;
        }

        id = new TransferId(request, place);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Place is { } place ? string.Create(CultureInfo.InvariantCulture, $"{Request}_{place}") : Request;
}
