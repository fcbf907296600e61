using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AgentPay.Chains.Evm;

/// <summary>JSON-RPC 2.0 as bytes: one call as an object, several as a batch, numbered from 1.</summary>
internal static class RpcWire
{
    public static ReadOnlyMemory<byte> Write(IReadOnlyList<RpcCall> calls)
    {
        var length = 0;
        foreach (var call in calls)
        {
            length += call.Parameters.Length + call.Method.Length + 64;
        }

        var json = new ArrayBufferWriter<byte>(length);
        for (var i = 0; i < calls.Count; i++)
        {
            json.Write(i > 0 ? ","u8 : calls.Count > 1 ? "["u8 : []);
            json.Write("{\"jsonrpc\":\"2.0\",\"id\":"u8);
            WriteAscii(json, (i + 1).ToString(CultureInfo.InvariantCulture));
            json.Write(",\"method\":\""u8);
            WriteAscii(json, calls[i].Method);
            json.Write("\",\"params\":"u8);
            json.Write(calls[i].Parameters.Span);
            json.Write("}"u8);
        }

        if (calls.Count > 1)
        {
            json.Write("]"u8);
        }

        return json.WrittenMemory;
    }

    /// <summary>Reads the answers, in the order of the calls.</summary>
    /// <exception cref="ChainUnavailableException">Not JSON-RPC, or not one answer for each call.</exception>
    public static RpcReply[] Read(ReadOnlyMemory<byte> body, IReadOnlyList<RpcCall> calls)
    {
        var replies = new RpcReply[calls.Count];
        try
        {
            var reader = new Utf8JsonReader(body.Span);
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    ReadOne(ref reader, body, calls, replies);
                }
            }
            else if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadOne(ref reader, body, calls, replies);
            }
        }
        catch (JsonException exception)
        {
            throw new ChainUnavailableException("The node's answer is not JSON.", exception);
        }

        return Array.Exists(replies, static reply => reply.Method is null)
            ? throw new ChainUnavailableException("The node left a call of a batch unanswered.")
            : replies;
    }

    private static void ReadOne(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, IReadOnlyList<RpcCall> calls, RpcReply[] replies)
    {
        var id = 0;
        ReadOnlyMemory<byte> result = default;
        RpcError? error = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isId, isResult, isError) = (reader.ValueTextEquals("id"u8), reader.ValueTextEquals("result"u8), reader.ValueTextEquals("error"u8));
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (isId)
            {
                id = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : 0;
            }

            if (isError && reader.TokenType != JsonTokenType.Null)
            {
                error = ReadError(ref reader);
                continue;
            }

            reader.Skip();
            result = isResult ? body[start..(int)reader.BytesConsumed] : result;
        }

        if (error is not null && id == 0)
        {
            throw error.ToUnavailable("a request as a whole");
        }

        if (id < 1 || id > replies.Length || replies[id - 1].Method is not null || (error is null && result.IsEmpty))
        {
            throw new ChainUnavailableException("The node's answer belongs to no call, or holds neither result nor error.");
        }

        replies[id - 1] = new RpcReply(calls[id - 1].Method, result, error);
    }

    private static RpcError ReadError(ref Utf8JsonReader reader)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var error = document.RootElement;
        if (error.ValueKind != JsonValueKind.Object)
        {
            return new RpcError(0, RpcError.Cut(error.GetRawText()), null);
        }

        var code = error.TryGetProperty("code", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var read) ? read : 0;
        var message = error.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
        return new RpcError(code, message, error.TryGetProperty("data", out var data) ? ReadData(data) : null);
    }

    // Some nodes wrap the revert data once more, or put a word before it ("Reverted 0x08c379a0…").
    private static string? ReadData(JsonElement data)
    {
        var text = data.ValueKind switch
        {
            JsonValueKind.String => data.GetString(),
            JsonValueKind.Object when data.TryGetProperty("data", out var inner) && inner.ValueKind == JsonValueKind.String => inner.GetString(),
            _ => null,
        };
        return text is not null && text.StartsWith("Reverted ", StringComparison.Ordinal) ? text["Reverted ".Length..] : text;
    }

    private static void WriteAscii(ArrayBufferWriter<byte> json, string ascii) =>
        json.Advance(Encoding.ASCII.GetBytes(ascii, json.GetSpan(ascii.Length)));
}
