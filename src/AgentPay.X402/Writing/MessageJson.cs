using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AgentPay.X402.Writing;

/// <summary>How messages become bytes: compact, and escaping only what JSON demands, as the peers of this protocol write it.</summary>
internal static class MessageJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one message into a buffer of its own.</summary>
    public static byte[] WriteBytes<TState>(TState state, Action<Utf8JsonWriter, TState> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        Write(buffer, state, write);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes one message as text.</summary>
    public static string WriteText<TState>(TState state, Action<Utf8JsonWriter, TState> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        Write(buffer, state, write);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Appends one message to a buffer.</summary>
    public static void Write<TState>(IBufferWriter<byte> output, TState state, Action<Utf8JsonWriter, TState> write)
    {
        using var writer = new Utf8JsonWriter(output, Options);
        write(writer, state);
    }
}
