using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace AgentPay.Chains.Evm;

/// <summary>The answer to one call: a result as JSON in UTF-8, or an error.</summary>
internal readonly record struct RpcReply(string Method, ReadOnlyMemory<byte> Result, RpcError? Error)
{
    /// <summary>Longest return data of a contract that is looked at.</summary>
    public const int DataBytesMax = 1 << 20;

    public bool IsNull => Result.Span.SequenceEqual("null"u8);

    /// <summary>True when a call ran and ended well, false when the contract ended it otherwise.</summary>
    /// <exception cref="ChainUnavailableException">Any other error.</exception>
    public bool Ran => Error is null || (Error.IsRevert ? false : throw Error.ToUnavailable(Method));

    /// <summary>This answer when it is no error.</summary>
    /// <exception cref="ChainUnavailableException">It is one.</exception>
    public RpcReply OrThrow() => Error is null ? this : throw Error.ToUnavailable(Method);

    /// <summary>True for code at an address: the result is not <c>0x</c>.</summary>
    public bool HasCode()
    {
        var text = OrThrow().Result.Span;
        return text.StartsWith("\"0x"u8) ? text.Length > 4 : throw Malformed();
    }

    /// <summary>The return data of a call that ran. False when it ended badly, or when the data is longer than anything expected.</summary>
    public bool TryReadData([NotNullWhen(true)] out byte[]? data)
    {
        data = null;
        if (!Ran)
        {
            return false;
        }

        var text = Result.Span;
        if (text.Length < 4 || !text.StartsWith("\"0x"u8) || text[^1] != '"' || text.Length % 2 != 0)
        {
            throw Malformed();
        }

        var digits = text[3..^1];
        if (digits.Length / 2 > DataBytesMax)
        {
            return false;
        }

        var bytes = new byte[digits.Length / 2];
        if (Convert.FromHexString(digits, bytes, out _, out _) != OperationStatus.Done)
        {
            throw Malformed();
        }

        data = bytes;
        return true;
    }

    /// <summary>A hexadecimal number.</summary>
    public UInt256 Number() => Hex.TryReadQuantity(Text(), out var number) ? number : throw Malformed();

    /// <summary>A hexadecimal number below 2^64.</summary>
    public ulong Number64() => Number().TryToUInt64(out var number) ? number : throw Malformed();

    /// <summary>A string.</summary>
    public string Text()
    {
        using var json = Json();
        return json.RootElement.ValueKind == JsonValueKind.String ? json.RootElement.GetString()! : throw Malformed();
    }

    /// <summary>The result when it is a string; null when it is anything else or an error.</summary>
    public string? TryText()
    {
        if (Error is not null)
        {
            return null;
        }

        using var json = Json();
        return json.RootElement.ValueKind == JsonValueKind.String ? json.RootElement.GetString() : null;
    }

    /// <summary>The result as JSON.</summary>
    public JsonDocument Json() => JsonDocument.Parse(OrThrow().Result);

    private ChainUnavailableException Malformed() => new($"The node's answer to {Method} is malformed.");
}
