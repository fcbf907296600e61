using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AgentPay.Benchmarks.Load;

/// <summary>An answer; the body is valid until the next request of its connection.</summary>
internal readonly record struct HttpAnswer(int Status, ReadOnlyMemory<byte> Body);

/// <summary>
/// One kept-alive HTTP/1.1 connection that sends requests made beforehand. The driver shares the machine with what it measures,
/// so it does as little as it can: no header model, no allocation a request.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] buffer = new byte[16 << 10];

    public static async Task<HttpConnection> OpenAsync(Uri server, CancellationToken cancellationToken)
    {
        var connection = new HttpConnection();
        await connection.socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), cancellationToken);
        return connection;
    }

    /// <summary>A whole request, ready to be sent.</summary>
    public static byte[] Post(string path, string json) => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}");

    /// <summary>A whole request without a body, ready to be sent.</summary>
    public static byte[] Get(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

    public async ValueTask<HttpAnswer> SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        await socket.SendAsync(request, cancellationToken);
        var read = 0;
        while (true)
        {
            if (read == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var got = await socket.ReceiveAsync(buffer.AsMemory(read), cancellationToken);
            if (got == 0)
            {
                throw new IOException("The server closed the connection.");
            }

            read += got;
            if (TryRead(read, out var answer))
            {
                return answer;
            }
        }
    }

    public void Dispose() => socket.Dispose();

    private bool TryRead(int read, out HttpAnswer answer)
    {
        answer = default;
        var text = buffer.AsSpan(0, read);
        var headerEnd = text.IndexOf("\r\n\r\n"u8);
        if (headerEnd < 0)
        {
            return false;
        }

        var headers = text[..(headerEnd + 2)];
        _ = Utf8Parser.TryParse(headers[9..], out int status, out _);
        var body = buffer.AsMemory(headerEnd + 4, read - headerEnd - 4);
        var lengthAt = IndexOf(headers, "\r\ncontent-length:"u8);
        if (lengthAt >= 0)
        {
            _ = Utf8Parser.TryParse(headers[(lengthAt + 17)..].TrimStart((byte)' '), out int length, out _);
            answer = new HttpAnswer(status, body[..Math.Min(length, body.Length)]);
            return body.Length >= length;
        }

        // Chunked: judged by what it contains, so the chunk sizes may stay in between.
        answer = new HttpAnswer(status, body);
        return body.Span.EndsWith("0\r\n\r\n"u8);
    }

    private static int IndexOf(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> lowercaseName)
    {
        // As this engine's server writes it: found without looking at each place.
        if (headers.IndexOf("\r\nContent-Length:"u8) is var at and >= 0)
        {
            return at;
        }

        for (var i = 0; i + lowercaseName.Length <= headers.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(headers.Slice(i, lowercaseName.Length), lowercaseName))
            {
                return i;
            }
        }

        return -1;
    }
}
