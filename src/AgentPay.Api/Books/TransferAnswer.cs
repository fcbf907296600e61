using System.Buffers;
using System.Globalization;
using System.Text.Json;
using AgentPay.Api.Problems;
using AgentPay.Domain.Books;
using AgentPay.Grains.Books;
using Microsoft.AspNetCore.Http;

namespace AgentPay.Api.Books;

/// <summary>Writes what a request came to. The same request and receipt give the same bytes, the first time and every time after.</summary>
internal static class TransferAnswer
{
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Json)? writer;

    public static Task WriteAsync(HttpContext context, TransferRequest request, BookReply reply)
    {
        var receipt = reply.Receipt!;
        if (reply.IsReplayed)
        {
            context.Response.Headers["Idempotent-Replayed"] = "true";
        }

        if (!request.IsBatch && receipt.Refused is [var refused])
        {
            return Catalogue.TransferRefused(BookRefusals.Of(refused.Code)).WriteAsync(context, null, receipt.RequestId);
        }

        var (buffer, json) = writer ??= New();
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        if (request.IsBatch)
        {
            WriteBatch(json, request, receipt);
        }
        else
        {
            WriteTransfer(json, receipt.Id, request.Orders[0], receipt.At);
        }

        json.Flush();
        var response = context.Response;
        response.ContentType = "application/json";
        response.ContentLength = buffer.WrittenCount;

        // Copied into the connection's own buffer before anything is awaited; it leaves with the end of the request, in one piece.
        response.BodyWriter.Write(buffer.WrittenSpan);
        return Task.CompletedTask;
    }

    public static void WriteTransfer(Utf8JsonWriter json, string id, TransferOrder order, DateTimeOffset at)
    {
        Span<byte> atoms = stackalloc byte[40];
        _ = order.Atoms.TryFormat(atoms, out var digits, provider: CultureInfo.InvariantCulture);
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, "transfer"u8);
        json.WriteString("status"u8, "booked"u8);
        json.WriteString("from"u8, order.From);
        json.WriteString("to"u8, order.To);
        json.WriteString("asset"u8, order.Asset);
        json.WriteString("amount"u8, atoms[..digits]);
        if (order.Reference is not null)
        {
            json.WriteString("reference"u8, order.Reference);
        }

        json.WriteString("created"u8, at);
        json.WriteEndObject();
    }

    private static void WriteBatch(Utf8JsonWriter json, TransferRequest request, BookReceipt receipt)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, receipt.Id);
        json.WriteString("object"u8, "transfer_batch"u8);
        json.WriteNumber("booked"u8, request.Orders.Length - receipt.Refused.Length);
        json.WriteNumber("refused"u8, receipt.Refused.Length);
        json.WriteString("created"u8, receipt.At);
        json.WriteStartArray("outcomes"u8);
        var nextNo = 0;
        Span<char> id = stackalloc char[40];
        receipt.Id.CopyTo(id);
        id[receipt.Id.Length] = '_';
        for (var place = 0; place < request.Orders.Length; place++)
        {
            json.WriteStartObject();
            if (nextNo < receipt.Refused.Length && receipt.Refused[nextNo].Place == place)
            {
                json.WriteString("status"u8, "refused"u8);
                json.WriteString("code"u8, receipt.Refused[nextNo++].Code);
            }
            else
            {
                _ = place.TryFormat(id[(receipt.Id.Length + 1)..], out var digits, provider: CultureInfo.InvariantCulture);
                json.WriteString("status"u8, "booked"u8);
                json.WriteString("id"u8, id[..(receipt.Id.Length + 1 + digits)]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Json) New()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        return (buffer, new Utf8JsonWriter(buffer));
    }
}
