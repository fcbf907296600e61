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

    public void AdoptNonce(ulong mined, ulong known)
    {
        // None of these was ever given out. A block that mined some of them may still be lost, so they count until they are final.
        var foreignFrom = signer.Synced ? signer.NextNonce : mined;
        signer = signer with { Synced = true, NextNonce = Math.Max(signer.NextNonce, known) };
        if (known > foreignFrom)
        {
            AddForeign(foreignFrom, known);
        }
    }

    /// <summary>Somebody else's nonces. What lies between two such ranges is mined for good or has a row, so that one range around both fills nothing of ours.</summary>
    public void AddForeign(ulong from, ulong to) => signer = signer with
    {
        Foreign = signer.Foreign is { } before ? new NonceRange(Math.Min(before.From, from), Math.Max(before.To, to)) : new NonceRange(from, to),
    };

    /// <summary>What lies behind is used up by us, or none of it can be lost any more.</summary>
    public void KeepForeignBefore(ulong nonce) => signer = signer with
    {
        Foreign = signer.Foreign is { } before && before.From < nonce ? before with { To = nonce } : null,
    };

    public void Wait(SettlementWork work)
    {
        var ticket = signer.NextTicket;
        work = work with { LeftOutOf = 0 };
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

    /// <summary>From this nonce on nothing was told to be safe, or is so no more.</summary>
    public void Unsettle(ulong nonce) => signer = signer with { SafeTo = Math.Min(signer.SafeTo, nonce) };

    public void SettleTo(ulong nonce) => signer = signer with { SafeTo = nonce };

    public void Tell(SettlementWork work, SettlementCommand command) =>
        messages.Add(new MessageDraft(new GrainRef(SettlementId.GrainType, work.Settlement), new SettlementReported(command, work.Attempt, work.Terms.Digest)));

    /// <summary>Work whose approval is mined may be sent.</summary>
    public void Approve(long ticket)
    {
        if (signer.Waiting.TryGetValue(ticket, out var work) && work.IsHeld)
        {
            var approved = work with { Approved = true };
            signer = signer with { Waiting = signer.Waiting.SetItem(ticket, approved) };
            rows[SignerRows.WaitingId(ticket)] = approved;
            if (work.GiftNonce is { } nonce && signer.Transactions.TryGetValue(nonce, out var transaction) && transaction.Gift is { } gift)
            {
                Put(transaction with { Gift = gift with { Used = true } });
            }
        }
    }

    /// <summary>Gives held work's payer the coins for its approval, where there is room and gas.</summary>
    public void Give(long ticket, UInt128 wei, TransactionPen pen, DateTimeOffset now)
    {
        if (!HasRoom(pen) || !SpendGas(TransactionGas.Empty, pen.Limits, now))
        {
            return;
        }

        var work = signer.Waiting[ticket];
        Invariant.That(work is { IsHeld: true, GiftNonce: null }, "Gas money is given once for a payment.");
        var gift = new GasGift(work.Terms.Payer, wei, work.Settlement, work.Attempt);
        var nonce = TakeNonce();
        work = work with { GiftNonce = nonce };
        var form = pen.Sign(nonce, [], TransactionGas.Empty, now, gift);
        Invariant.That(form.MaxFee == pen.Limits.GasMoney?.Fee, "A gift is judged by the fees that it is signed at.");
        Put(new SignerTransaction { Nonce = nonce, Forms = [form], Settlements = [], Gift = gift });
        CountGasMoney(wei + (TransactionGas.Empty * form.MaxFee), now);
        Invariant.That(pen.Limits.GasMoney is { } limits && signer.GasMoneyToday <= limits.PerDayMax, "Gas money is never given beyond the day's.");
        signer = signer with { Waiting = signer.Waiting.SetItem(ticket, work) };
        events.Add(SignerEvents.Given(signer, nonce, form.Hash, gift));
        rows[SignerRows.WaitingId(ticket)] = work;
    }

    /// <summary>Work that waits for an approval that will never be ends without a transaction.</summary>
    public void GiveUp(long ticket, SettlementCommand report)
    {
        if (signer.Waiting.TryGetValue(ticket, out var work) && work.IsHeld)
        {
            Unwait(ticket);
            Tell(work, report is FailSettlement fail && work.GiftNonce is not null ? fail with { CostGas = true } : report);
        }
    }

    /// <summary>
    /// Gives waiting work its nonces, in order, while there is room and time, as many in one transaction as the limits allow; what is out of time asks the
    /// chain instead.
    /// </summary>
    public void SendWaiting(TransactionPen? pen, DateTimeOffset now)
    {
        foreach (var (ticket, work) in signer.Waiting.Where(item => item.Value.Terms.ExpiresAt < now + Signer.SendMargin))
        {
            Unwait(ticket);
            Tell(work, new DoubtSettlement());
        }

        if (!signer.Synced || pen is null)
        {
            return;
        }

        var isAlone = signer.Waiting.Count == 1;
        var group = NewGroup(pen, now);
        foreach (var (ticket, work) in signer.Waiting.Where(static item => !item.Value.IsHeld))
        {
            var code = pen.CodeOf(work.Terms.Payer);
            if (!work.MayShare || pen.Limits.PaymentsMax == 1 || isAlone || code == PayerCode.Some)
            {
                Send([(ticket, work)], pen, now);
            }
            else if (code == PayerCode.None && !group.TryAdd(ticket, work))
            {
                // One that takes more gas than the day has left waits for the next; smaller ones do not wait with it.
                if (!Send(group.Members, pen, now) && !HasRoom(pen))
                {
                    return;
                }

                group = NewGroup(pen, now);
                group.TryAdd(ticket, work);
            }
        }

        Send(group.Members, pen, now);
    }

    private SignerGroup NewGroup(TransactionPen pen, DateTimeOffset now) =>
        new(pen.Limits with { GasPerTransactionMax = Math.Min(pen.Limits.GasPerTransactionMax, signer.GasLeft(pen.Limits, now)) });

    /// <summary>Another form of the same nonce, which makes the <paramref name="gift"/>, or moves nothing any more when its payment is over.</summary>
    public void Rewrite(SignerTransaction transaction, SignedForm form, ImmutableArray<SettlementWork> works, GasGift? gift)
    {
        Put(transaction with
        {
            Forms = transaction.Forms.Add(form),
            Settlements = [.. transaction.Settlements.Select(work => work.LeftOutOf > 0 || works.Contains(work) ? work : work with { LeftOutOf = transaction.Forms.Length })],
        });
        signer = signer with { Rewrites = signer.Rewrites + 1 };
        if (transaction.Gift is { } made)
        {
            // What is on its way is offered again whatever is left of the day: later gifts get the less.
            CountGasMoney(TransactionGas.Empty * (form.MaxFee - UInt128.Min(form.MaxFee, transaction.Newest.MaxFee)), form.SignedAt);
            if (gift is not null)
            {
                events.Add(SignerEvents.Given(signer, transaction.Nonce, form.Hash, made));
            }
        }
        else
        {
            Announce(transaction.Nonce, form.Hash, works);
        }
    }

    /// <summary>Uses a nonce up.</summary>
    public void Fill(ulong nonce, TransactionPen pen, DateTimeOffset now)
    {
        if (!signer.Transactions.ContainsKey(nonce))
        {
            Put(new SignerTransaction { Nonce = nonce, Forms = [pen.Sign(nonce, [], TransactionGas.Empty, now)], Settlements = [] });
            signer = signer with { Rewrites = signer.Rewrites + 1 };
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

    /// <returns>False when nothing more can be sent now.</returns>
    private bool Send(ImmutableArray<(long Ticket, SettlementWork Work)> group, TransactionPen pen, DateTimeOffset now)
    {
        if (group.IsEmpty)
        {
            return true;
        }

        var works = group.Select(static item => item.Work).ToImmutableArray();
        var gas = TransactionGas.Of(works);
        if (!HasRoom(pen) || !SpendGas(gas, pen.Limits, now))
        {
            return false;
        }

        var nonce = TakeNonce();
        foreach (var (ticket, _) in group)
        {
            Unwait(ticket);
        }

        var form = pen.Sign(nonce, works, gas, now);
        Put(new SignerTransaction { Nonce = nonce, Forms = [form], Settlements = works });
        Announce(nonce, form.Hash, works);
        return true;
    }

    private ulong TakeNonce()
    {
        var nonce = signer.NextNonce;
        Invariant.That(!signer.Transactions.ContainsKey(nonce), "A nonce is given out once.");
        signer = signer with { NextNonce = nonce + 1 };
        return nonce;
    }

    private bool HasRoom(TransactionPen pen) => signer.InFlight - pen.Included < pen.Limits.InFlightMax;

    private bool SpendGas(ulong gas, SendingLimits limits, DateTimeOffset now)
    {
        if (gas > signer.GasLeft(limits, now))
        {
            return false;
        }

        var day = Math.Max(signer.GasDay, Signer.DayOf(now));
        signer = signer with { GasDay = day, GasToday = (signer.GasDay == day ? signer.GasToday : 0) + gas };
        return true;
    }

    private void CountGasMoney(UInt128 wei, DateTimeOffset now) => signer = signer with
    {
        GasMoneyDay = Math.Max(signer.GasMoneyDay, Signer.DayOf(now)),
        GasMoneyToday = signer.GasMoneyOn(now) + wei,
    };

    private void Announce(ulong nonce, string hash, ImmutableArray<SettlementWork> works)
    {
        foreach (var work in works)
        {
            Tell(work, new SubmitSettlement(hash));
        }

        if (!works.IsEmpty)
        {
            events.Add(SignerEvents.Committed(signer, nonce, hash, works));
        }
    }
}
