using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Sqlite;

/// <summary>
/// A short number of a text, for an index a tenth the size of one over the texts. It only narrows a search: whoever finds a row by it compares
/// the text too, so two texts with one number are told apart, and cost one more row to look at.
/// </summary>
/// <param name="bits">0 to 48. At 48 a file of a hundred million texts has about eighteen pairs; SQLite keeps such a number in six bytes.</param>
internal readonly struct TextHash(int bits)
{
    internal const int BitsMax = 48;

    private const int StackBytesMax = 1_024;

    /// <summary>The same for the same text in every process and version. Nobody can choose many texts of one number: it is cut from SHA-256.</summary>
    internal long Of(string text)
    {
        var bytesMax = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> octets = bytesMax <= StackBytesMax ? stackalloc byte[StackBytesMax] : new byte[bytesMax];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        _ = SHA256.HashData(octets[..Encoding.UTF8.GetBytes(text, octets)], digest);
        return (long)(BinaryPrimitives.ReadUInt64BigEndian(digest) >> 1 >> (63 - bits));
    }

    internal static TextHash OfBits(int bits)
    {
        Invariant.That(bits is >= 0 and <= BitsMax, "A text's number has at most 48 bits.");
        return new TextHash(bits);
    }
}
