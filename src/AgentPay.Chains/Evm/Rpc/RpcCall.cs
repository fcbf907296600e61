using System.Buffers;

namespace AgentPay.Chains.Evm;

/// <summary>One JSON-RPC call.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Parameters">A JSON array in UTF-8.</param>
internal readonly record struct RpcCall(string Method, ReadOnlyMemory<byte> Parameters)
{
    /// <summary>Parameters that are words without quotes or control characters.</summary>
    public static RpcCall Of(string method, params ReadOnlySpan<string> words)
    {
        var json = words.IsEmpty ? "[]" : $"[\"{string.Join("\",\"", words)}\"]";
        return new RpcCall(method, System.Text.Encoding.ASCII.GetBytes(json));
    }

    /// <summary>A block by tag, with the hashes of its transactions.</summary>
    public static RpcCall Block(BlockTag block) => Raw("eth_getBlockByNumber", $"[\"{block}\",false]");

    /// <summary>Parameters as JSON text.</summary>
    public static RpcCall Raw(string method, string parameters) => new(method, System.Text.Encoding.ASCII.GetBytes(parameters));

    /// <summary><c>eth_call</c> at a block, with at most this much gas.</summary>
    public static RpcCall View(Address to, ReadOnlySpan<byte> data, BlockTag block, ulong? gas = null)
    {
        var json = new ArrayBufferWriter<byte>(160 + (data.Length * 2));
        json.Write("[{\"to\":\""u8);
        Write(json, to.ToString());
        if (gas is { } gasMax)
        {
            json.Write("\",\"gas\":\""u8);
            Write(json, Hex.Quantity(gasMax));
        }

        json.Write("\",\"data\":\"0x"u8);
        Hex.Encode(data, json.GetSpan(data.Length * 2));
        json.Advance(data.Length * 2);
        json.Write("\"},\""u8);
        Write(json, block.ToString());
        json.Write("\"]"u8);
        return new RpcCall("eth_call", json.WrittenMemory);
    }

    private static void Write(ArrayBufferWriter<byte> json, string ascii)
    {
        var written = System.Text.Encoding.ASCII.GetBytes(ascii, json.GetSpan(ascii.Length));
        json.Advance(written);
    }
}
