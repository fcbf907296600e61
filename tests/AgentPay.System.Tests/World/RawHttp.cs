using System.Net.Sockets;
using System.Text;

namespace AgentPay.SystemTests.World;

/// <summary>Bytes to a socket and back: what a client library would never send.</summary>
internal static class RawHttp
{
    /// <summary>Sends the bytes, goes on listening, and gives the status line's number and everything that came until the server closed.</summary>
    public static async Task<(int Status, string Text)> SendAsync(Uri server, string latin1)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, deadline.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(latin1), deadline.Token);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, deadline.Token);
        }
        catch (IOException)
        {
            // The server may reset the connection after its answer; what came before counts.
        }

        var text = Encoding.Latin1.GetString(answer.ToArray());
        return (text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(text.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture) : 0, text);
    }

    /// <summary>A request that asks the server to close after its answer.</summary>
    public static string Request(Uri server, string line, string headers = "", string body = "") =>
        $"{line} HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: close\r\n{headers}\r\n{body}";
}
