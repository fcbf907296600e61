using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Settlements;

/// <content>The decisions: one method a status, one arm a verb (docs/reference/settlement-states.md shows the table).</content>
public sealed partial record Settlement
{
    /// <summary>How long after an authorization's end the engine first asks the chain what became of it.</summary>
    public static readonly TimeSpan ResolveAfterExpiry = TimeSpan.FromSeconds(15);

    /// <summary>How often it asks again while there is no proof: more rarely the longer there is none, after ten hours as rarely as <see cref="ResolveAgainMax"/>.</summary>
    public static readonly TimeSpan ResolveAgainAfter = TimeSpan.FromSeconds(30);

    /// <summary>The longest pause between two questions. Each costs a node much: what nobody can ever tell must not take the others' turns.</summary>
    public static readonly TimeSpan ResolveAgainMax = TimeSpan.FromMinutes(30);

    /// <summary>How often a payment that was never answered may be taken over by another run of the handler.</summary>
    public const int TakeOversMax = 8;

    /// <summary>How often while it is not paid: the others are for who paid, however often it asked while the outcome was not known.</summary>
    public const int UnpaidTakeOversMax = TakeOversMax / 2;

    /// <summary>The deadline at which an undecided settlement asks the chain.</summary>
    public const string ResolveDue = "resolve";

    /// <summary>Decides a command on the newest state (null: none yet) as of <paramref name="now"/>.</summary>
    public static Outcome<Settlement> Decide(Settlement? current, SettlementCommand command, DateTimeOffset now)
    {
        if (current is null)
        {
            return WhenNew(command, now);
        }

        return current.Status switch
        {
            SettlementStatus.Admitted => current.WhenAdmitted(command, now),
            SettlementStatus.Released => current.WhenReleased(command, now),
            SettlementStatus.Reserved => current.WhenReserved(command, now),
            SettlementStatus.Submitted => current.WhenSubmitted(command, now),
            SettlementStatus.Unknown => current.WhenUnknown(command, now),
            SettlementStatus.Confirmed => current.WhenPaid(command, now),
            SettlementStatus.Safe => current.WhenPaid(command, now),
            SettlementStatus.Final => current.WhenPaid(command, now),
            SettlementStatus.Failed => current.WhenFailed(command, now),
        };
    }

    /// <summary>
    /// Hears what the signer or the chain says of one authorization. What happened to an earlier attempt counts where it is a fact of the chain about
    /// the same authorization; where another authorization of the same nonce was used instead, the chain is asked what became of this one.
    /// </summary>
    public static Outcome<Settlement> Hear(Settlement? current, SettlementReported report, DateTimeOffset now)
    {
        var isSame = current?.Terms.Digest == report.Digest;
        if (current is null || (isSame && report.Attempt == current.Attempt))
        {
            return Decide(current, report.Command, now);
        }

        return report.Command.Verb switch
        {
            // These name the block they speak of, so they cannot hit another payment.
            SettlementVerb.Undo or SettlementVerb.Deepen => Decide(current, report.Command, now),
            SettlementVerb.Confirm when isSame => Decide(current, report.Command, now),
            SettlementVerb.Confirm when current is { IsDecided: false, ReservedAt: not null } => Decide(current, new DoubtSettlement(), now),
            _ => Outcome<Settlement>.Unchanged(current),
        };
    }

    /// <summary>Its deadline came: what is undecided asks the chain, and what somebody else's transaction paid is looked after until it is final.</summary>
    public static Outcome<Settlement> Wake(Settlement? current, DateTimeOffset now) => current switch
    {
        { IsDecided: false, ReservedAt: not null } => Decide(current, new DoubtSettlement(), now),
        { IsPaid: true, PaidByOther: true, Status: not SettlementStatus.Final } =>
            Outcome<Settlement>.Changed(current, new Effects { Due = [new DueChange(ResolveDue, now + ResolveAgainAfter)] }),
        _ => Outcome<Settlement>.Unchanged(current),
    };

    /// <summary>Success is being said, with what was sold kept beside it; a change whether or not it was said before.</summary>
    public Outcome<Settlement> Sell()
    {
        Invariant.That(ReservedAt is not null, "Nothing is sold before it is settled.");
        return Outcome<Settlement>.Changed(this with { Answered = true });
    }

    private static Outcome<Settlement> WhenNew(SettlementCommand command, DateTimeOffset now) => command.Verb switch
    {
        SettlementVerb.Admit => AdmitNew((AdmitPayment)command, before: null),
        SettlementVerb.Release => Outcome<Settlement>.Unchanged(null),
        SettlementVerb.Reserve => ReserveNew((ReserveSettlement)command, before: null, now),
        SettlementVerb.Submit => Impossible(command),
        SettlementVerb.Confirm => Impossible(command),
        SettlementVerb.Doubt => Impossible(command),
        SettlementVerb.Undo => Impossible(command),
        SettlementVerb.Deepen => Impossible(command),
        SettlementVerb.Fail => Impossible(command),
        SettlementVerb.Answer => Impossible(command),
    };

    private Outcome<Settlement> WhenAdmitted(SettlementCommand command, DateTimeOffset now) => command.Verb switch
    {
        SettlementVerb.Admit => AdmitAgain((AdmitPayment)command, now),
        SettlementVerb.Release => ReleaseAdmission((ReleasePayment)command),
        SettlementVerb.Reserve => ReserveAdmitted((ReserveSettlement)command, now),
        SettlementVerb.Submit => Late(command),
        SettlementVerb.Confirm => ConfirmLate((ConfirmSettlement)command, now),
        SettlementVerb.Doubt => Late(command),
        SettlementVerb.Undo => Late(command),
        SettlementVerb.Deepen => Late(command),
        SettlementVerb.Fail => Late(command),
        SettlementVerb.Answer => Late(command),
    };

    private Outcome<Settlement> WhenReleased(SettlementCommand command, DateTimeOffset now) => command.Verb switch
    {
        SettlementVerb.Admit => AdmitAnew((AdmitPayment)command),
        SettlementVerb.Release => Same(),
        SettlementVerb.Reserve => ReserveAnew((ReserveSettlement)command, now),
        SettlementVerb.Submit => Late(command),
        SettlementVerb.Confirm => ConfirmLate((ConfirmSettlement)command, now),
        SettlementVerb.Doubt => Late(command),
        SettlementVerb.Undo => Late(command),
        SettlementVerb.Deepen => Late(command),
        SettlementVerb.Fail => Late(command),
        SettlementVerb.Answer => Same(),
    };

    // An answer can be marked here and in the next two: it was given before a reorganization took the block away, ours or another's.
    private Outcome<Settlement> WhenReserved(SettlementCommand command, DateTimeOffset now) => command.Verb switch
    {
        SettlementVerb.Admit => AdmitAgain((AdmitPayment)command, now),
        SettlementVerb.Release => YieldAdmission((ReleasePayment)command),
        SettlementVerb.Reserve => ReserveAgain((ReserveSettlement)command),
        SettlementVerb.Submit => Submit((SubmitSettlement)command),
        SettlementVerb.Confirm => Confirm((ConfirmSettlement)command, now),
        SettlementVerb.Doubt => Doubt(now),
        SettlementVerb.Undo => Same(),
        SettlementVerb.Deepen => Same(),
        SettlementVerb.Fail => Fail((FailSettlement)command),
        SettlementVerb.Answer => MarkAnswered(),
    };

    private Outcome<Settlement> WhenSubmitted(SettlementCommand command, DateTimeOffset now) => command.Verb switch
    {
        SettlementVerb.Admit => AdmitAgain((AdmitPayment)command, now),
        SettlementVerb.Release => YieldAdmission((ReleasePayment)command),
        SettlementVerb.Reserve => ReserveAgain((ReserveSettlement)command),
        SettlementVerb.Submit => Submit((SubmitSettlement)command),
        SettlementVerb.Confirm => Confirm((ConfirmSettlement)command, now),
        SettlementVerb.Doubt => Doubt(now),
        SettlementVerb.Undo => Same(),
        SettlementVerb.Deepen => Same(),
        SettlementVerb.Fail => Fail((FailSettlement)command),
        SettlementVerb.Answer => MarkAnswered(),
    };

    private Outcome<Settlement> WhenUnknown(SettlementCommand command, DateTimeOffset now) => command.Verb switch
    {
        SettlementVerb.Admit => AdmitAgain((AdmitPayment)command, now),
        SettlementVerb.Release => YieldAdmission((ReleasePayment)command),
        SettlementVerb.Reserve => ReserveAgain((ReserveSettlement)command),
        SettlementVerb.Submit => Submit((SubmitSettlement)command),
        SettlementVerb.Confirm => Confirm((ConfirmSettlement)command, now),
        SettlementVerb.Doubt => Doubt(now),
        SettlementVerb.Undo => Same(),
        SettlementVerb.Deepen => Same(),
        SettlementVerb.Fail => Fail((FailSettlement)command),
        SettlementVerb.Answer => MarkAnswered(),
    };

    private Outcome<Settlement> WhenPaid(SettlementCommand command, DateTimeOffset now) => command.Verb switch
    {
        SettlementVerb.Admit => AdmitAgain((AdmitPayment)command, now),
        SettlementVerb.Release => YieldAdmission((ReleasePayment)command),
        SettlementVerb.Reserve => ReserveAgain((ReserveSettlement)command),
        SettlementVerb.Submit => Same(),
        SettlementVerb.Confirm => ConfirmAgain((ConfirmSettlement)command, now),
        SettlementVerb.Doubt => Same(),
        SettlementVerb.Undo => Undo((UndoSettlement)command, now),
        SettlementVerb.Deepen => Deepen((DeepenSettlement)command),
        SettlementVerb.Fail => Same(),
        SettlementVerb.Answer => MarkAnswered(),
    };

    private Outcome<Settlement> WhenFailed(SettlementCommand command, DateTimeOffset now) => command.Verb switch
    {
        SettlementVerb.Admit => AdmitFailed((AdmitPayment)command),
        SettlementVerb.Release => Same(),
        SettlementVerb.Reserve => ReserveFailed((ReserveSettlement)command, now),
        SettlementVerb.Submit => Same(),
        SettlementVerb.Confirm => Confirm((ConfirmSettlement)command, now),
        SettlementVerb.Doubt => Same(),
        SettlementVerb.Undo => Same(),
        SettlementVerb.Deepen => Same(),
        SettlementVerb.Fail => Same(),
        SettlementVerb.Answer => Same(),
    };

    private Outcome<Settlement> Same() => Outcome<Settlement>.Unchanged(this);

    /// <summary>News of an earlier attempt changes nothing but that it paid; without one there is nobody to send it.</summary>
    private Outcome<Settlement> Late(SettlementCommand command) => Attempt > 0 ? Same() : Impossible(command);

    private static Outcome<Settlement> Impossible(SettlementCommand command)
    {
        Invariant.That(false, $"{command.Verb} cannot reach a settlement that was never reserved.");
        return Outcome<Settlement>.Unchanged(null);
    }
}
