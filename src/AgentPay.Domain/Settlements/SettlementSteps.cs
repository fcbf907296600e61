using AgentPay.Domain.Decisions;
using AgentPay.Domain.Signers;

namespace AgentPay.Domain.Settlements;

/// <content>The steps the decisions are made of.</content>
public sealed partial record Settlement
{
    private static Outcome<Settlement> AdmitNew(AdmitPayment admit, Settlement? before) =>
        Outcome<Settlement>.Changed(new Settlement
        {
            Id = SettlementId.Of(admit.Terms),
            Status = SettlementStatus.Admitted,
            Terms = admit.Terms,
            Admission = admit.Admission,
            Attempt = before?.Attempt ?? 0,
            Signer = before?.Signer,
        });

    /// <summary>
    /// A payment that is in use may be taken over only by the same resource, and only when the process that held it is gone, its run is over or its time
    /// is up, and it never answered. Before it is reserved, the newcomer's own key counts, so a run that comes late can no longer settle or release. After that the
    /// first key is kept: the buyer who paid still gets what was bought.
    /// </summary>
    private Outcome<Settlement> AdmitAgain(AdmitPayment admit, DateTimeOffset now)
    {
        if (admit.Terms.Digest != Terms.Digest)
        {
            return Outcome<Settlement>.Refused(this, SettlementRefusals.NonceUsedRefusal);
        }

        var orphaned = Admission is { } held && !Answered
            && ((admit.OthersAreGone && held.Process != admit.Admission.Process) || held == admit.Gone || held.ExpiresAt < now || (Status == SettlementStatus.Admitted && held.Key == admit.Orphan))
            && held.TakeOvers < TakeOversMax;
        if (!orphaned || Admission!.Resource != admit.Admission.Resource)
        {
            return Outcome<Settlement>.Refused(this, SettlementRefusals.InUseRefusal);
        }

        if (!IsPaid && Admission.TakeOvers >= UnpaidTakeOversMax)
        {
            return Outcome<Settlement>.Refused(this, Status == SettlementStatus.Admitted ? SettlementRefusals.InUseRefusal : SettlementRefusals.PendingRefusal);
        }

        if (Status == SettlementStatus.Admitted && admit.WasUnderWay)
        {
            // Nothing was reserved, so nothing tells that the payer still has the money.
            return Outcome<Settlement>.Refused(this, EndedMeanwhile.Refusal);
        }

        var next = admit.Admission with { TakeOvers = Admission.TakeOvers + 1 };
        return Outcome<Settlement>.Changed(this with
        {
            Admission = Status == SettlementStatus.Admitted ? next : next with { Key = Admission.Key },
        });
    }

    /// <summary>An attempt that failed before may pay still, in another block: then it paid for what this run was to give.</summary>
    private Outcome<Settlement> ReleaseAdmission(ReleasePayment release) =>
        Admission?.Key == release.Key
            ? Outcome<Settlement>.Changed(this with { Status = SettlementStatus.Released, Admission = Attempt > 0 ? Admission with { ExpiresAt = DateTimeOffset.MinValue } : null })
            : Same();

    /// <summary>The run that settled could not answer: the buyer may come again for what was paid for.</summary>
    private Outcome<Settlement> YieldAdmission(ReleasePayment release) =>
        Admission?.Key == release.Key && (release.TakeOvers ?? Admission.TakeOvers) == Admission.TakeOvers && !Answered && Admission.ExpiresAt != DateTimeOffset.MinValue
            ? Outcome<Settlement>.Changed(this with { Admission = Admission with { ExpiresAt = DateTimeOffset.MinValue } })
            : Same();

    /// <summary>
    /// A run is about to answer: until then nobody takes it over by time. It gives its word while it holds its place, and not when another holds it, it was given up, or
    /// success was said.
    /// </summary>
    public Outcome<Settlement> HoldRun(Admission run, DateTimeOffset until) =>
        Answered || Admission is not { } held || held.Key != run.Key || held.TakeOvers != run.TakeOvers || held.ExpiresAt == DateTimeOffset.MinValue
            ? Outcome<Settlement>.Refused(this, SettlementRefusals.DuplicateRefusal)
            : held.ExpiresAt < until ? Outcome<Settlement>.Changed(this with { Admission = held with { ExpiresAt = until } }) : Same();

    private static Outcome<Settlement> ReserveNew(ReserveSettlement reserve, Settlement? before, DateTimeOffset now)
    {
        Invariant.That(reserve.Terms.Atoms > 0, "A settlement moves at least one atom.");
        var settlement = new Settlement
        {
            Id = SettlementId.Of(reserve.Terms),
            Status = SettlementStatus.Reserved,
            Terms = reserve.Terms,
            IdempotencyKey = reserve.IdempotencyKey,
            Admission = before?.Admission is { } held && held.Key == reserve.IdempotencyKey ? held : null,
            Signer = reserve.Signer,
            ReservedAt = now,
            Attempt = (before?.Attempt ?? 0) + 1,
        };
        return Outcome<Settlement>.Changed(settlement, new Effects
        {
            Events = [SettlementEvents.Draft("settlement.reserved", settlement)],
            Messages = [settlement.ToSigner()],
            Due = [new DueChange(ResolveDue, ResolveTime(settlement.Terms, now))],
        });
    }

    private MessageDraft ToSigner() => new(SignerId.GrainFor(Terms.Network, Signer!), new SettlementReserved(Id, Attempt, Terms));

    private Outcome<Settlement> ReserveAdmitted(ReserveSettlement reserve, DateTimeOffset now)
    {
        if (reserve.Terms.Digest != Terms.Digest)
        {
            return Outcome<Settlement>.Refused(this, SettlementRefusals.NonceUsedRefusal);
        }

        if (reserve.IdempotencyKey == Admission?.Key)
        {
            return ReserveNew(reserve, this, now);
        }

        return reserve.Run is null && (Admission is null || Admission.ExpiresAt < now)
            ? ReserveAnew(reserve, now)
            : Outcome<Settlement>.Refused(this, SettlementRefusals.DuplicateRefusal);
    }

    /// <summary>
    /// The one answer goes to the key that reserved. Without a stored key it goes to whoever asks while it was never delivered;
    /// which of several waits for it now is the grain's memory, not the record's.
    /// </summary>
    private Outcome<Settlement> ReserveAgain(ReserveSettlement reserve)
    {
        if (reserve.Terms.Digest != Terms.Digest)
        {
            return Outcome<Settlement>.Refused(this, SettlementRefusals.NonceUsedRefusal);
        }

        // A caller's own key is answered again and again; a handler's run answers once, and only the last of those that took each other over.
        var isRun = Admission is not null && Admission.Key == IdempotencyKey;
        if (isRun && reserve.Run is { } run && run != Admission!.TakeOvers)
        {
            return Outcome<Settlement>.Refused(this, SettlementRefusals.DuplicateRefusal);
        }

        var mine = IdempotencyKey is null || isRun ? !Answered && reserve.IdempotencyKey == (isRun ? IdempotencyKey : reserve.IdempotencyKey) : reserve.IdempotencyKey == IdempotencyKey;
        return mine ? Same() : Outcome<Settlement>.Refused(this, SettlementRefusals.DuplicateRefusal);
    }

    /// <summary>
    /// A proven failure left the authorization unused: its own key hears of the failure again, anyone else may try anew.
    /// Unless success was answered before a lost block took the payment back: it is not answered twice.
    /// </summary>
    private Outcome<Settlement> ReserveFailed(ReserveSettlement reserve, DateTimeOffset now)
    {
        if (reserve.Terms.Digest == Terms.Digest && IdempotencyKey is not null && reserve.IdempotencyKey == IdempotencyKey)
        {
            return Same();
        }

        return Answered ? Outcome<Settlement>.Refused(this, SettlementRefusals.DuplicateRefusal) : ReserveAnew(reserve, now);
    }

    private Outcome<Settlement> AdmitFailed(AdmitPayment admit) =>
        Answered ? Outcome<Settlement>.Refused(this, SettlementRefusals.InUseRefusal) : AdmitAnew(admit);

    /// <summary>Of a run, only one that holds the place is answered: where its admission no longer stands, it would pay for what nobody gets.</summary>
    private Outcome<Settlement> ReserveAnew(ReserveSettlement reserve, DateTimeOffset now) =>
        reserve.Run is not null ? Outcome<Settlement>.Refused(this, SettlementRefusals.InUseRefusal)
        : reserve.WasUnderWay ? Outcome<Settlement>.Refused(this, EndedMeanwhile.Refusal)
        : ReserveNew(reserve, this, now);

    private Outcome<Settlement> AdmitAnew(AdmitPayment admit) =>
        admit.WasUnderWay ? Outcome<Settlement>.Refused(this, EndedMeanwhile.Refusal) : AdmitNew(admit, this);

    private Outcome<Settlement> Submit(SubmitSettlement submit)
    {
        if (Status == SettlementStatus.Submitted && Transaction == submit.Transaction)
        {
            return Same();
        }

        var next = this with { Status = SettlementStatus.Submitted, Transaction = submit.Transaction };
        return Outcome<Settlement>.Changed(next, new Effects { Events = [SettlementEvents.Draft("settlement.submitted", next)] });
    }

    private Outcome<Settlement> Confirm(ConfirmSettlement confirm, DateTimeOffset now)
    {
        var next = this with
        {
            Status = SettlementStatus.Confirmed,
            Transaction = confirm.Transaction,
            Block = confirm.Block,
            FailureCode = null,
            PaidByOther = confirm.ByOther,
        };
        return Outcome<Settlement>.Changed(next, new Effects
        {
            Transfers = [SettlementLedger.Pay(next.Terms)],
            Events = [SettlementEvents.Draft("settlement.confirmed", next)],
            Due = [WatchDue(confirm, now)],
        });
    }

    /// <summary>
    /// The transaction of an attempt that had failed paid after all, in another block than it failed in. Who was admitted since joins that payment: the run's own
    /// reservation finds it paid, and what was released is taken over.
    /// </summary>
    private Outcome<Settlement> ConfirmLate(ConfirmSettlement confirm, DateTimeOffset now) =>
        Attempt > 0 ? (this with { IdempotencyKey = Admission?.Key, ReservedAt = now }).Confirm(confirm, now) : Impossible(confirm);

    private Outcome<Settlement> ConfirmAgain(ConfirmSettlement confirm, DateTimeOffset now)
    {
        if (Status == SettlementStatus.Final || (Transaction == confirm.Transaction && Block == confirm.Block))
        {
            return Same();
        }

        // Another block holds it now, and how deep that one is has to be seen anew.
        var next = this with { Status = SettlementStatus.Confirmed, Transaction = confirm.Transaction, Block = confirm.Block, PaidByOther = confirm.ByOther };
        return Outcome<Settlement>.Changed(next, new Effects { Due = [WatchDue(confirm, now)] });
    }

    private static DueChange WatchDue(ConfirmSettlement confirm, DateTimeOffset now) =>
        new(ResolveDue, confirm.ByOther ? now + ResolveAgainAfter : null);

    private Outcome<Settlement> Doubt(DateTimeOffset now)
    {
        var due = new DueChange(ResolveDue, now + Patience(now));
        if (Status == SettlementStatus.Unknown)
        {
            return Outcome<Settlement>.Changed(this, new Effects { Due = [due] });
        }

        var next = this with { Status = SettlementStatus.Unknown };
        return Outcome<Settlement>.Changed(next, new Effects { Events = [SettlementEvents.Draft("settlement.unknown", next)], Due = [due] });
    }

    /// <summary>A twentieth of its age, within bounds.</summary>
    private TimeSpan Patience(DateTimeOffset now)
    {
        var patience = (now - ReservedAt!.Value) / 20;
        return patience < ResolveAgainAfter ? ResolveAgainAfter : patience > ResolveAgainMax ? ResolveAgainMax : patience;
    }

    /// <summary>A lost block takes the payment back: a reversing row, never a deletion, and the engine looks again.</summary>
    private Outcome<Settlement> Undo(UndoSettlement undo, DateTimeOffset now)
    {
        if (Status == SettlementStatus.Final || Block != undo.Block)
        {
            return Same();
        }

        // The bytes of the engine's own transaction are sent again by its signer; what somebody else sent, the engine now has to send itself.
        var next = PaidByOther
            ? this with { Status = SettlementStatus.Reserved, Block = null, Transaction = null, PaidByOther = false, Attempt = Attempt + 1 }
            : this with { Status = SettlementStatus.Submitted, Block = null };
        return Outcome<Settlement>.Changed(next, new Effects
        {
            Transfers = [SettlementLedger.Reverse(Terms)],
            Events = [SettlementEvents.Draft("settlement.reorged", next)],
            Messages = PaidByOther ? [next.ToSigner()] : [],
            Due = [new DueChange(ResolveDue, ResolveTime(Terms, now))],
        });
    }

    private Outcome<Settlement> Deepen(DeepenSettlement deepen)
    {
        var depth = deepen.Final ? SettlementStatus.Final : SettlementStatus.Safe;
        if (Status >= depth || Block != deepen.Block)
        {
            return Same();
        }

        var next = this with { Status = depth };
        return Outcome<Settlement>.Changed(next, new Effects
        {
            Events = [SettlementEvents.Draft(deepen.Final ? "settlement.final" : "settlement.safe", next)],
            Due = deepen.Final && PaidByOther ? [new DueChange(ResolveDue, null)] : [],
        });
    }

    private Outcome<Settlement> Fail(FailSettlement fail)
    {
        var next = this with { Status = SettlementStatus.Failed, FailureCode = fail.Code };
        return Outcome<Settlement>.Changed(next, new Effects
        {
            Events = [SettlementEvents.Draft("settlement.failed", next)],
            Due = [new DueChange(ResolveDue, null)],
        });
    }

    private Outcome<Settlement> MarkAnswered() =>
        Answered ? Same() : Outcome<Settlement>.Changed(this with { Answered = true });

    private static DateTimeOffset ResolveTime(SettlementTerms terms, DateTimeOffset now)
    {
        var soonest = now + ResolveAgainAfter;
        var latest = now + TimeSpan.FromHours(1);
        var expiry = terms.ExpiresAt < latest ? terms.ExpiresAt + ResolveAfterExpiry : latest;
        return expiry > soonest ? expiry : soonest;
    }
}
