using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Sqlite;

/// <summary>
/// The stored form of one batch's changes to records, one after the other: the grain's number (8 bytes), the lengths of id and body (4 each; a body of -1 is a record
/// that was removed), id in UTF-8, body. Numbers are little-endian.
/// </summary>
internal static class RecordChanges
{
    private const int HeadBytes = 16;
    private const int Removed = -1;

    internal static void Write(ArrayBufferWriter<byte> into, long grain, string id, ReadOnlyMemory<byte>? body)
    {
        var idBytes = Encoding.UTF8.GetByteCount(id);
        var bodyBytes = body?.Length ?? 0;
        var span = into.GetSpan(HeadBytes + idBytes + bodyBytes);
        BinaryPrimitives.WriteInt64LittleEndian(span, grain);
        BinaryPrimitives.WriteInt32LittleEndian(span[8..], idBytes);
        BinaryPrimitives.WriteInt32LittleEndian(span[12..], body is null ? Removed : bodyBytes);
        _ = Encoding.UTF8.GetBytes(id, span[HeadBytes..]);
        body?.Span.CopyTo(span[(HeadBytes + idBytes)..]);
        into.Advance(HeadBytes + idBytes + bodyBytes);
    }

    /// <summary>Every change of one batch, in any order: a record is in it once. <paramref name="onlyOf"/> skips those of other grains.</summary>
    internal static IEnumerable<(long Grain, string Id, ReadOnlyMemory<byte>? Body)> Read(ReadOnlyMemory<byte> stored, long? onlyOf = null)
    {
        while (!stored.IsEmpty)
        {
            var (grain, idBytes, bodyBytes) = ReadHead(stored.Span);
            var end = HeadBytes + idBytes + Math.Max(bodyBytes, 0);
            Invariant.That(idBytes >= 0 && bodyBytes >= Removed && end <= stored.Length, "A batch's changes to records are whole.");
            if (onlyOf is null || onlyOf == grain)
            {
                var body = stored[(HeadBytes + idBytes)..end];
                yield return (grain, Encoding.UTF8.GetString(stored.Span.Slice(HeadBytes, idBytes)), bodyBytes == Removed ? default(ReadOnlyMemory<byte>?) : body);
            }

            stored = stored[end..];
        }
    }

    private static (long Grain, int IdBytes, int BodyBytes) ReadHead(ReadOnlySpan<byte> stored) => (
        BinaryPrimitives.ReadInt64LittleEndian(stored), BinaryPrimitives.ReadInt32LittleEndian(stored[8..]), BinaryPrimitives.ReadInt32LittleEndian(stored[12..]));
}
