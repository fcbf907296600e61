namespace AgentPay.Chains.Evm;

/// <summary>What a node's error on signed bytes means. Nodes word the same thing differently; what is not known here stays unknown.</summary>
internal static class SubmissionErrors
{
    private const long InvalidParameters = -32602;
    private const long MethodNotFound = -32601;

    // Order matters: the more particular words come first. Wordings of anvil, go-ethereum, Nethermind, Erigon, Besu and Reth.
    private static readonly (string Words, SubmissionStatus Status, SubmissionRejection Rejection)[] Table =
    [
        ("already known", SubmissionStatus.Accepted, SubmissionRejection.None),
        ("alreadyknown", SubmissionStatus.Accepted, SubmissionRejection.None),
        ("already imported", SubmissionStatus.Accepted, SubmissionRejection.None),
        ("known transaction", SubmissionStatus.Accepted, SubmissionRejection.None),
        ("transaction already in pool", SubmissionStatus.Accepted, SubmissionRejection.None),
        ("existing tx with same hash", SubmissionStatus.Accepted, SubmissionRejection.None),
        ("nonce too low", SubmissionStatus.Rejected, SubmissionRejection.NonceTooLow),
        ("oldnonce", SubmissionStatus.Rejected, SubmissionRejection.NonceTooLow),
        ("nonce is too low", SubmissionStatus.Rejected, SubmissionRejection.NonceTooLow),
        ("invalid transaction nonce", SubmissionStatus.Rejected, SubmissionRejection.NonceTooLow),
        ("replacement", SubmissionStatus.Rejected, SubmissionRejection.ReplacementUnderpriced),
        ("could not replace existing tx", SubmissionStatus.Rejected, SubmissionRejection.ReplacementUnderpriced),
        ("insufficient funds", SubmissionStatus.Rejected, SubmissionRejection.InsufficientFunds),
        ("insufficientfunds", SubmissionStatus.Rejected, SubmissionRejection.InsufficientFunds),
        ("exceeds account balance", SubmissionStatus.Rejected, SubmissionRejection.InsufficientFunds),
        ("upfront cost exceeds", SubmissionStatus.Rejected, SubmissionRejection.InsufficientFunds),
        ("less than block base fee", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow),
        ("transaction underpriced", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow),
        ("underpriced", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow),
        ("feetoolow", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow),
        ("fee too low", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow),
        ("gas price below", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow),
        ("gas price too low", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow),
        ("maxfeepergas less than", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow),
        ("below configured minimum gas price", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow),
        ("intrinsic gas", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("exceeds block gas limit", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("gaslimitexceeded", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("gas limit too", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("invalid sender", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("invalid chain", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("wrong chain", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("failed to decode", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("nonce too high", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("higher than max fee", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("transaction type not supported", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("exceeds the configured cap", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("oversized data", SubmissionStatus.Rejected, SubmissionRejection.Other),
        ("pool is full", SubmissionStatus.Rejected, SubmissionRejection.Other),
    ];

    public static Submission Read(RpcError error)
    {
        var message = RpcError.Cut(error.Message);
        foreach (var (words, status, rejection) in Table)
        {
            if (error.Message.Contains(words, StringComparison.OrdinalIgnoreCase))
            {
                return new Submission(status, rejection, message);
            }
        }

        return error.Code is InvalidParameters or MethodNotFound
            ? new Submission(SubmissionStatus.Rejected, SubmissionRejection.Other, message)
            : new Submission(SubmissionStatus.Unknown, SubmissionRejection.None, message);
    }
}
