using System.Buffers;
using AgentPay.Api.Problems;
using AgentPay.X402;
using Microsoft.AspNetCore.Http;

namespace AgentPay.Api.Facilitator;

/// <summary>Reads a message: as it is, and no more than its limit.</summary>
internal static class MessageBody
{
    /// <summary>The bytes, or the problem that stopped the reading.</summary>
    public static async Task<(ReadOnlyMemory<byte> Body, Problem? Problem)> ReadAsync(
        HttpRequest request, CancellationToken cancellationToken, int bytesMax = X402Limits.MessageBytesMax)
    {
        if (request.Headers.ContentEncoding.Count > 0)
        {
            return (default, Catalogue.EncodedBody);
        }

        if (request.ContentLength > bytesMax)
        {
            return (default, Catalogue.BodyTooLarge(bytesMax));
        }

        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > bytesMax)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return (default, Catalogue.BodyTooLarge(bytesMax));
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return (body, null);
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
