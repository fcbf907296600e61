using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using AgentPay.Domain.Books;

namespace AgentPay.Grains.Books;

/// <summary>
/// What a request came to, as it is stored with its key: with the request itself, which the caller sends again, it makes the whole answer anew, byte by byte.
/// </summary>
/// <param name="Id">The id its transfers have, <see cref="TransferId"/>.</param>
/// <param name="RequestId"><c>req_…</c> of the request that was decided.</param>
/// <param name="At">When it was decided.</param>
/// <param name="Refused">Those of its transfers that were not booked, by place.</param>
[GenerateSerializer, Immutable, Alias("agentpay.BookReceipt")]
public sealed record BookReceipt(
    [property: Id(0), JsonPropertyName("id")] string Id,
    [property: Id(1), JsonPropertyName("req")] string RequestId,
    [property: Id(2), JsonPropertyName("at")] DateTimeOffset At,
    [property: Id(3), JsonPropertyName("no")] ImmutableArray<RefusedTransfer> Refused)
{
    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, BookReceiptJson.Default.BookReceipt);

    internal static BookReceipt Read(ReadOnlySpan<byte> stored) => JsonSerializer.Deserialize(stored, BookReceiptJson.Default.BookReceipt)!;
}

[JsonSerializable(typeof(BookReceipt))]
internal sealed partial class BookReceiptJson : JsonSerializerContext;
