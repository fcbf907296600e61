using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace AgentPay.X402.Parsing;

/// <summary>Bytes to JSON, refusing everything that two readers could understand differently.</summary>
internal static class MessageDocument
{
    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = X402Limits.JsonDepthMax,
    };

    /// <summary>Opens the bytes as one JSON object; false with the reason when they are none.</summary>
    public static bool TryOpen(
        ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out JsonDocument? document, [NotNullWhen(false)] out string? fault)
    {
        document = null;
        fault = Refuse(utf8.Span);
        if (fault is not null)
        {
            return false;
        }

        try
        {
            document = JsonDocument.Parse(utf8, Options);
        }
        catch (JsonException)
        {
            // The one way the parser has of saying no; its message may repeat the input, so it goes no further.
            fault = "Not one JSON value without duplicate members, comments or trailing commas, at most 64 levels deep.";
            return false;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return true;
        }

        document.Dispose();
        document = null;
        fault = "Not a JSON object.";
        return false;
    }

    private static string? Refuse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > X402Limits.MessageBytesMax)
        {
            return "Longer than 65,536 bytes.";
        }

        if (!Utf8.IsValid(utf8))
        {
            return "Not valid UTF-8.";
        }

        return HasLoneSurrogate(utf8) ? "Holds an escaped half of a surrogate pair." : null;
    }

    /// <summary>
    /// True when an escape names half a character (RFC 7493 section 2.1 forbids it): the JSON reader accepts such text and throws only
    /// when it is asked for the string. In valid JSON a backslash stands only in strings; what is invalid fails later anyway.
    /// </summary>
    private static bool HasLoneSurrogate(ReadOnlySpan<byte> utf8)
    {
        var rest = utf8;
        for (var start = rest.IndexOf((byte)'\\'); start >= 0 && start + 1 < rest.Length; start = rest.IndexOf((byte)'\\'))
        {
            rest = rest[start..];
            var first = CodeUnit(rest);
            if (first is < 0xD800 or > 0xDFFF)
            {
                rest = rest[2..];
                continue;
            }

            var second = rest.Length >= 12 ? CodeUnit(rest[6..]) : -1;
            if (first >= 0xDC00 || second is < 0xDC00 or > 0xDFFF)
            {
                return true;
            }

            rest = rest[12..];
        }

        return false;
    }

    /// <summary>The UTF-16 unit of a <c>\uXXXX</c> at the start, or -1 when there is none.</summary>
    private static int CodeUnit(ReadOnlySpan<byte> text)
    {
        if (text.Length < 6 || text[0] != '\\' || text[1] != 'u')
        {
            return -1;
        }

        return System.Buffers.Text.Utf8Parser.TryParse(text[2..6], out ushort unit, out var consumed, 'x') && consumed == 4 ? unit : -1;
    }
}
