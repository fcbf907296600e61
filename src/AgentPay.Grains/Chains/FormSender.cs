using System.Diagnostics;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>Hands one key's signed forms to the node, and remembers which it handed over and when: that much can be lost.</summary>
internal sealed partial class FormSender(IEvmChain chain, string address, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(5);

    /// <summary>What the node said nothing to may never have reached it: its payments must not wait for the usual look.</summary>
    private static readonly TimeSpan RepeatUnknownAfter = TimeSpan.FromSeconds(1);
    private const int QuestionsMax = 8;

    private readonly Dictionary<string, (long At, bool IsKnown)> sentAt = [];
    private volatile string? unfunded;

    /// <summary>That the account cannot pay for gas, in one sentence; null when it could the last time.</summary>
    public string? Unfunded => unfunded;

    public void Forget()
    {
        lock (sentAt)
        {
            sentAt.Clear();
        }

        unfunded = null;
    }

    /// <summary>Sends together what waits together: each request to a far node would cost a round trip of its own.</summary>
    /// <param name="pending">What is in no block now, in nonce order.</param>
    /// <param name="repeat">Sends again what was sent a while ago and the node does not have.</param>
    /// <param name="keepMax">Above this many, what is no longer pending is forgotten.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public async Task SendAsync(Func<IReadOnlyList<SignerTransaction>> pending, bool repeat, int keepMax, CancellationToken cancellationToken)
    {
        SignerTransaction[] due = [.. pending().Where(transaction => NeedsSending(transaction.Newest, repeat))];
        if (repeat)
        {
            due = await WithoutKnownAsync(due, cancellationToken);
        }

        // What did not get through together is tried alone: the node may take no batches of this size.
        foreach (var group in due.Chunk(repeat ? 1 : Math.Max(due.Length, 1)))
        {
            if (!await SubmitAsync(group, cancellationToken))
            {
                break;
            }
        }

        Prune(pending, keepMax);
    }

    /// <summary>Asks side by side: of a far node each question takes a round trip, and one that takes no batches is asked all the same.</summary>
    private async Task<SignerTransaction[]> WithoutKnownAsync(SignerTransaction[] due, CancellationToken cancellationToken)
    {
        var known = new bool[due.Length];
        await Parallel.ForAsync(0, due.Length, new ParallelOptions { MaxDegreeOfParallelism = QuestionsMax, CancellationToken = cancellationToken }, async (i, token) =>
            known[i] = await chain.KnowsTransactionAsync(Bytes32.Parse(due[i].Newest.Hash), token));
        return [.. due.Zip(known).Where(static pair => !pair.Second).Select(static pair => pair.First)];
    }

    /// <returns>False when the node's trouble, or an empty account, makes it pointless to go on.</returns>
    private async Task<bool> SubmitAsync(SignerTransaction[] due, CancellationToken cancellationToken)
    {
        using var activity = EngineActivity.Start("chain.submit", chain.Network, ActivityKind.Client);
        var submissions = await chain.SubmitManyAsync([.. due.Select(RawBytes)], cancellationToken);
        foreach (var (transaction, submission) in due.Zip(submissions))
        {
            lock (sentAt)
            {
                sentAt[transaction.Newest.Hash] = (clock.GetTimestamp(), submission.Status != SubmissionStatus.Unknown);
            }

            activity.End(submission.Rejection == SubmissionRejection.None ? null : submission.Rejection.ToString());
            Judge(transaction.Nonce, submission);
        }

        return submissions[^1] is not ({ Status: SubmissionStatus.Unknown } or { Rejection: SubmissionRejection.InsufficientFunds });
    }

    private static ReadOnlyMemory<byte> RawBytes(SignerTransaction transaction) => Convert.FromHexString(transaction.Newest.Raw.AsSpan(2));

    private bool NeedsSending(SignedForm form, bool repeat)
    {
        lock (sentAt)
        {
            return !sentAt.TryGetValue(form.Hash, out var sent) || (repeat && clock.GetElapsedTime(sent.At) > (sent.IsKnown ? RepeatAfter : RepeatUnknownAfter));
        }
    }

    private void Judge(ulong nonce, Submission submission)
    {
        if (submission.Status == SubmissionStatus.Accepted)
        {
            unfunded = null;
            return;
        }

        LogNotTaken(address, nonce, submission.Status, submission.Rejection, submission.Message);
        if (submission.Rejection == SubmissionRejection.InsufficientFunds)
        {
            unfunded = $"{address} cannot pay for gas on {chain.Network}: send native coins to it.";
        }
    }

    private void Prune(Func<IReadOnlyList<SignerTransaction>> pending, int keepMax)
    {
        lock (sentAt)
        {
            if (sentAt.Count > keepMax)
            {
                var open = pending().Select(transaction => transaction.Newest.Hash).ToHashSet();
                foreach (var hash in sentAt.Keys.Where(hash => !open.Contains(hash)).ToArray())
                {
                    sentAt.Remove(hash);
                }
            }
        }
    }

    [LoggerMessage(EventId = 1300, Level = LogLevel.Warning, Message = "The node did not take nonce {Nonce} of {Signer}: {Status} {Rejection} {Words}")]
    private partial void LogNotTaken(string signer, ulong nonce, SubmissionStatus status, SubmissionRejection rejection, string words);
}
