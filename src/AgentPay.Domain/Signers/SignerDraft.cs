using System.Collections.Immutable;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Signers;

/// <summary>Collects what one decision changes: the signer, its rows, and whom it tells.</summary>
internal sealed class SignerDraft
{
    private readonly Signer before;
    private readonly ImmutableArray<MessageDraft>.Builder messages = ImmutableArray.CreateBuilder<MessageDraft>();
    private readonly ImmutableArray<EventDraft>.Builder events = ImmutableArray.CreateBuilder<EventDraft>();
    private readonly Dictionary<string, object?> rows = [];
    private Signer signer;

    public SignerDraft(Signer before) => this.before = signer = before;

    public void AdoptNonce(ulong chainNonce) =>
        signer = signer with { Synced = true, NextNonce = Math.Max(signer.NextNonce, chainNonce) };

    public void Wait(SettlementWork work)
    {
        var ticket = signer.NextTicket;
        signer = signer with { NextTicket = ticket + 1, Waiting = signer.Waiting.Add(ticket, work) };
        rows[SignerRows.WaitingId(ticket)] = work;
    }

    public void Put(SignerTransaction transaction)
    {
        Count(transaction.Nonce, -1);
        signer = signer with { Transactions = signer.Transactions.SetItem(transaction.Nonce, transaction) };
        Count(transaction.Nonce, +1);
        rows[SignerRows.TransactionId(transaction.Nonce)] = transaction;
    }

    public void Remove(ulong nonce)
    {
        Count(nonce, -1);
        signer = signer with { Transactions = signer.Transactions.Remove(nonce) };
        rows[SignerRows.TransactionId(nonce)] = null;
    }

    public void Tell(SettlementWork work, SettlementCommand command) =>
        messages.Add(new MessageDraft(new GrainRef(SettlementId.GrainType, work.Settlement), new SettlementReported(command, work.Attempt, work.Terms.Digest)));

    /// <summary>Gives waiting work its nonces, in order, while there is room and time; what is out of time asks the chain instead.</summary>
    public void SendWaiting(SignTransaction? sign, DateTimeOffset now)
    {
        if (!signer.Synced || sign is null)
        {
            return;
        }

        var room = Signer.InFlightMax - signer.InFlight;
        foreach (var (ticket, work) in signer.Waiting)
        {
            if (work.Terms.ExpiresAt < now + Signer.SendMargin)
            {
                Unwait(ticket);
                Tell(work, new DoubtSettlement());
            }
            else if (room-- > 0)
            {
                Unwait(ticket);
                Send(work, sign, now);
            }
            else
            {
                break;
            }
        }
    }

    public Outcome<Signer> Decide()
    {
        if (ReferenceEquals(signer, before) && messages.Count == 0)
        {
            return Outcome<Signer>.Unchanged(before);
        }

        return Outcome<Signer>.Changed(signer, new Effects
        {
            Messages = messages.ToImmutable(),
            Events = events.ToImmutable(),
            Records = [.. rows.Where(row => row.Value is not null || before.HasRow(row.Key)).Select(row => SignerRows.Change(row.Key, row.Value))],
        });
    }

    private void Count(ulong nonce, int change)
    {
        if (signer.Transactions.TryGetValue(nonce, out var transaction) && transaction.Block is null)
        {
            signer = signer with { InFlight = signer.InFlight + change };
        }
    }

    private void Unwait(long ticket)
    {
        signer = signer with { Waiting = signer.Waiting.Remove(ticket) };
        rows[SignerRows.WaitingId(ticket)] = null;
    }

    private void Send(SettlementWork work, SignTransaction sign, DateTimeOffset now)
    {
        var nonce = signer.NextNonce;
        Invariant.That(!signer.Transactions.ContainsKey(nonce), "A nonce is given out once.");
        var (raw, hash) = sign(nonce, work);
        Put(new SignerTransaction { Nonce = nonce, Forms = [new SignedForm(raw, hash, now)], Settlements = [work] });
        signer = signer with { NextNonce = nonce + 1 };
        Tell(work, new SubmitSettlement(hash));
        events.Add(SignerEvents.Committed(signer, nonce, hash, work));
    }
}
