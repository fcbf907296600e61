using System.Collections.Immutable;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Signers;

/// <content>What a signer decides about what waits and what is on its way. Every method is pure; the <see cref="TransactionPen"/> is handed in, null while nothing can be signed.</content>
public sealed partial record Signer
{
    /// <summary>A key nobody used yet.</summary>
    public static Signer New(string network, string address) => new() { Network = network, Address = address };

    /// <summary>
    /// Takes work over. The fact that brings it is consumed in the same commit, so it is taken once. One alone goes at once; while others are on their way it
    /// waits a moment for company, until somebody calls <see cref="SendWaiting"/> or there is a full transaction of it.
    /// </summary>
    public Outcome<Signer> Take(SettlementWork work, TransactionPen? pen, DateTimeOffset now)
    {
        var draft = new SignerDraft(this);
        draft.Wait(work);
        var ready = Waiting.Values.Count(static waiting => !waiting.IsHeld);
        var isAlone = pen is not null && ready == 0 && InFlight <= pen.Included;
        if (pen is not null && !work.IsHeld && (isAlone || !work.MayShare || ready + 1 >= pen.Limits.PaymentsMax))
        {
            draft.SendWaiting(pen, now);
        }

        return draft.Decide();
    }

    /// <summary>The payer's approval of this waiting work is mined and suffices: it is sent now.</summary>
    public Outcome<Signer> Approved(long ticket, TransactionPen? pen, DateTimeOffset now)
    {
        var draft = new SignerDraft(this);
        draft.Approve(ticket);
        draft.SendWaiting(pen, now);
        return draft.Decide();
    }

    /// <summary>The payer's approval of this waiting work can no longer be: it ends with this report, and no transaction of ours was ever signed for it.</summary>
    public Outcome<Signer> Unapproved(long ticket, SettlementCommand report)
    {
        var draft = new SignerDraft(this);
        draft.GiveUp(ticket, report);
        return draft.Decide();
    }

    /// <summary>The chain told how many transactions of this key are mined, and how many with those in its pool; nonces below are never given out again.</summary>
    public Outcome<Signer> Sync(ulong mined, ulong known, TransactionPen? pen, DateTimeOffset now)
    {
        var draft = new SignerDraft(this);
        draft.AdoptNonce(mined, known);
        draft.SendWaiting(pen, now);
        return draft.Decide();
    }

    /// <summary>Sends what waits, as far as there is room.</summary>
    public Outcome<Signer> SendWaiting(TransactionPen? pen, DateTimeOffset now)
    {
        var draft = new SignerDraft(this);
        draft.SendWaiting(pen, now);
        return draft.Decide();
    }

    /// <summary>
    /// Gives transactions that are stuck another form with higher fees. What has run out of time is left out of it, and so is a payer that got code beside others;
    /// they stay as unknown as before until the nonce is mined, for the older form may still win, and wait again after that. A gift whose payment is over is not made again either.
    /// </summary>
    /// <param name="nonces">What is stuck.</param>
    /// <param name="pen">Signs; null while nothing can be signed.</param>
    /// <param name="now">The time.</param>
    /// <param name="always">Whatever the fees of the moment: it is not for its price that it does not move.</param>
    public Outcome<Signer> Outbid(ImmutableArray<ulong> nonces, TransactionPen? pen, DateTimeOffset now, bool always = false)
    {
        var draft = new SignerDraft(this);
        foreach (var nonce in nonces)
        {
            if (pen is not null && Transactions.TryGetValue(nonce, out var transaction) && transaction.Block is null)
            {
                var carried = transaction.Carried();
                var works = carried.Where(work => work.Terms.ExpiresAt >= now + SendMargin).ToImmutableArray();
                if (works.Length > 1)
                {
                    if (works.Any(work => pen.CodeOf(work.Terms.Payer) == PayerCode.Unread))
                    {
                        continue;
                    }

                    works = works.RemoveAll(work => pen.CodeOf(work.Terms.Payer) == PayerCode.Some);
                }

                var isSmaller = works.Length < carried.Length;
                var gift = GiftOf(transaction);
                if (pen.Outbid(transaction.Newest, nonce, works, TransactionGas.Of(works), always || isSmaller, now, gift) is { } form)
                {
                    draft.Rewrite(transaction, form, works, gift);
                }
            }
        }

        return draft.Decide();
    }

    /// <summary>
    /// Somebody else's transaction with this nonce, which waited in the node's pool, is gone from it: nothing after it can be mined until the nonce is used.
    /// The engine uses up each such nonce that is left. Those of theirs before it are mined, and stay in mind until they are so for good.
    /// </summary>
    public Outcome<Signer> FillForeign(ulong from, TransactionPen? pen, DateTimeOffset now)
    {
        var draft = new SignerDraft(this);
        if (pen is not null && Foreign is { } foreign && from >= foreign.From)
        {
            for (var nonce = from; nonce < foreign.To; nonce++)
            {
                draft.Fill(nonce, pen, now);
            }

            draft.KeepForeignBefore(from < foreign.To ? from : foreign.From);
        }

        return draft.Decide();
    }

    /// <summary>
    /// Another transaction of this key took the nonce (proven deep enough): these bytes can never be mined. What it carried goes into a new transaction
    /// while there is time; else its settlement asks the chain what became of it.
    /// </summary>
    public Outcome<Signer> NonceTaken(ulong nonce, TransactionPen? pen, DateTimeOffset now)
    {
        if (!Transactions.TryGetValue(nonce, out var transaction) || transaction.Block is not null)
        {
            return Outcome<Signer>.Unchanged(this);
        }

        var draft = new SignerDraft(this);
        draft.Remove(nonce);
        draft.AddForeign(nonce, nonce + 1);
        foreach (var work in transaction.Settlements.Where(work => !work.Moved))
        {
            draft.Wait(work);
        }

        draft.SendWaiting(pen, now);
        return draft.Decide();
    }
}
