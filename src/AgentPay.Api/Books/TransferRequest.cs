using System.Collections.Immutable;
using AgentPay.Api.Problems;
using AgentPay.Domain.Books;

namespace AgentPay.Api.Books;

/// <summary>The body of <c>POST /v1/transfers</c>, read: one transfer, or a list of them.</summary>
/// <param name="Orders">1 to 1,000 transfers whose form is right.</param>
/// <param name="IsBatch">They came as a list.</param>
internal sealed record TransferRequest(ImmutableArray<TransferOrder> Orders, bool IsBatch)
{
    /// <summary>Bytes of a body, at most: a full batch with every member at its longest.</summary>
    public const int BytesMax = 512 << 10;

    /// <summary>Reads a body; the problem names the member that is wrong.</summary>
    public static (TransferRequest? Request, Problem? Problem) Read(ReadOnlySpan<byte> body)
    {
        var reader = new TransferReader(body);
        var request = reader.Read();
        return (request, reader.Problem);
    }
}
