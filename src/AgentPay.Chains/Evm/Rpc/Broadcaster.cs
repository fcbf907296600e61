namespace AgentPay.Chains.Evm;

/// <summary>
/// Hands signed bytes to the nodes. The same bytes may be handed over as often as one likes, so where one node leaves their fate open the next one gets them
/// too. A later refusal proves nothing then: the bytes may wait in the first node's pool.
/// </summary>
internal sealed class Broadcaster(RpcNodes nodes)
{
    /// <summary>One answer for each, in this order; each node is asked once at most.</summary>
    public async Task<IReadOnlyList<Submission>> SubmitAsync(ReadOnlyMemory<byte>[] signed, CancellationToken cancellationToken)
    {
        var fates = new Submission?[signed.Length];
        var from = 0;
        try
        {
            var order = await nodes.OrderAsync(cancellationToken).ConfigureAwait(false);
            foreach (var node in order)
            {
                var answers = await SubmitAsync(node, signed.AsMemory(from), node != order[^1], cancellationToken).ConfigureAwait(false);
                for (var i = 0; i < answers.Length; i++)
                {
                    fates[from + i] = Merge(fates[from + i], answers[i]);
                }

                from = Array.FindIndex(fates, static fate => fate!.Status == SubmissionStatus.Unknown);
                if (from < 0)
                {
                    nodes.Prefer(node);
                    break;
                }
            }
        }
        catch (ChainUnavailableException exception)
        {
            Array.Fill(fates, Unknown(exception.Message));
        }

        return fates!;
    }

    /// <summary>What is known after a second node's answer to the same bytes.</summary>
    internal static Submission Merge(Submission? before, Submission now) => (before?.Status, now.Status) switch
    {
        (null, _) or (_, SubmissionStatus.Accepted) => now,
        (SubmissionStatus.Accepted, _) => before,
        (SubmissionStatus.Unknown, SubmissionStatus.Rejected) when now.Rejection != SubmissionRejection.NonceTooLow =>
            Unknown(RpcError.Cut($"{before.Message} Another node refused it: {now.Message}")),
        _ => now,
    };

    private static async Task<Submission[]> SubmitAsync(RpcNode node, ReadOnlyMemory<ReadOnlyMemory<byte>> signed, bool hasNext, CancellationToken cancellationToken)
    {
        var calls = new RpcCall[signed.Length];
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = RpcCall.Of("eth_sendRawTransaction", Hex.ToPrefixed(signed.Span[i].Span));
        }

        try
        {
            var replies = await node.SendAsync(calls, CallClass.Submit, hasNext, cancellationToken).ConfigureAwait(false);
            return [.. replies.Select((reply, i) => Judge(reply, signed.Span[i]))];
        }
        catch (ChainUnavailableException exception)
        {
            var unknown = new Submission[calls.Length];
            Array.Fill(unknown, Unknown(RpcError.Cut(exception.Message)));
            return unknown;
        }
    }

    private static Submission Judge(RpcReply reply, ReadOnlyMemory<byte> signed)
    {
        if (reply.Error is { } error)
        {
            return SubmissionErrors.Read(error);
        }

        return Bytes32.TryParse(reply.TryText(), out var hash) && hash == Bytes32.Keccak(signed.Span)
            ? new Submission(SubmissionStatus.Accepted)
            : Unknown("The node answered with another hash.");
    }

    private static Submission Unknown(string words) => new(SubmissionStatus.Unknown, Message: words);
}
