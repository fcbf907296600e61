using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Chains;
using AgentPay.Grains.Deadlines;
using AgentPay.Grains.Facilitator;
using AgentPay.Grains.Journal;
using AgentPay.Grains.Messages;
using AgentPay.Storage.Contract;
using Orleans.Concurrency;

namespace AgentPay.Grains.Settlements;

[GrainType(SettlementId.GrainType), Reentrant]
internal sealed class SettlementGrain(
    [Journal(SettlementId.GrainType)] IJournal<Settlement> journal, ISettlementResolver resolver, Surroundings surroundings, TimeProvider clock, GrainMetrics metrics,
    FailureBudget budget, PaymentsUnderWay underWay)
    : Grain, ISettlementGrain, IFactReceiver, IDueReceiver
{
    /// <summary>How often a wait looks at the row while another process may change it without a signal here.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>A silo that stops waits for the calls its grains are in; who waits longer asks again.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(5);

    /// <summary>Longer than a wait and an answer that is slow to leave: who shows no sign for so long is gone, with its process, and told nobody.</summary>
    private static readonly TimeSpan PlaceHeldMax = TimeSpan.FromMinutes(1);

    private static readonly Refusal PlaceTaken = new(SettlementRefusals.Duplicate, "Another caller waits for this payment's answer.");
    private static readonly Refusal RunGoesOn = new(SettlementRefusals.InUse, "A run that this payment bought waits for its settlement, or is about to answer.");

    private TaskCompletionSource changed = NewSignal();
    private (string Caller, int Attempt, int? TakeOvers, long Since)? place;
    private int reserving;

    public async Task<Reply<Settlement>> ReserveAsync(ReserveSettlement command, string caller, CancellationToken cancellationToken)
    {
        var isReserved = false;
        reserving++;
        try
        {
            var outcome = await DecideAsync((state, now) => WithPlace(state, command, caller, now), cancellationToken: cancellationToken);
            isReserved = outcome.Refusal is null;
            return Reply<Settlement>.Of(outcome);
        }
        finally
        {
            reserving--;

            // What another process wrote may have made a no of what was a yes with a place.
            if (!isReserved)
            {
                await LeaveAsync(caller);
            }
        }
    }

    public async Task<Reply<Settlement>> AdmitAsync(AdmitPayment command, CancellationToken cancellationToken)
    {
        var isOfTheGone = false;
        var outcome = await DecideAsync(
            (state, now) =>
            {
                isOfTheGone = state?.Admission is { } held && held.Process != command.Admission.Process && (command.OthersAreGone || held == command.Gone);
                var decided = Settlement.Decide(state, command, now);
                return decided.IsChange && !isOfTheGone && IsPlaceHeld(state) ? Outcome<Settlement>.Refused(state, RunGoesOn) : decided;
            },
            cancellationToken: cancellationToken);
        if (isOfTheGone && outcome is { IsChange: true, State.Admission.TakeOvers: > 0 })
        {
            // A run whose process is gone held it.
            place = null;
        }

        return Reply<Settlement>.Of(outcome);
    }

    public async Task<Reply<Settlement>> ReleaseAsync(ReleasePayment command)
    {
        var outcome = await DecideAsync(command);
        if (outcome.IsChange && place is { } held && (command.TakeOvers is null || held.TakeOvers == command.TakeOvers))
        {
            // The run that goes held it, where it was not told so in time. One before it may be about to answer still.
            place = null;
        }

        return Reply<Settlement>.Of(outcome);
    }

    public async Task<Settlement?> WaitAsync(TimeSpan wait, string? caller, bool hashIsEnough, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        if (place is { } held && held.Caller == caller)
        {
            place = held with { Since = since };
        }

        wait = wait < WaitMax ? wait : WaitMax;
        while (true)
        {
            var signal = changed.Task;
            var state = await journal.ReadAsync(cancellationToken);
            var left = wait - clock.GetElapsedTime(since);
            if (state is null or { IsDecided: true } || (hashIsEnough && state.Transaction is not null) || left <= TimeSpan.Zero)
            {
                return state;
            }

            // Not a wait in a turn: the turn ends here, and others go on meanwhile.
            var look = surroundings.Solitude != 0 || left < LookPeriod ? left : LookPeriod;
            await Task.WhenAny(signal, Task.Delay(look, clock, cancellationToken));
        }
    }

    public async Task AnsweredAsync(string caller)
    {
        var isFirst = false;
        try
        {
            isFirst = (await DecideAsync(new AnswerSettlement())).IsChange;
        }
        finally
        {
            await LeaveAsync(caller);
        }

        if (isFirst)
        {
            // Not each of the many that share a key: those behind them would be sent on from one activation to the next.
            Rest();
        }
    }

    public async Task<bool> ClaimAnswerAsync(string caller)
    {
        try
        {
            return (await DecideAsync(new AnswerSettlement())).IsChange;
        }
        finally
        {
            await LeaveAsync(caller);
        }
    }

    public async Task<bool> HoldRunAsync(Admission run, TimeSpan time)
    {
        var outcome = await DecideAsync((state, now) =>
        {
            Invariant.That(state is not null, "A run that answers was admitted.");
            return state.HoldRun(run, now + time);
        });
        return outcome.Refusal is null;
    }

    public Task KeepAnswerAsync(SoldAnswer sold) => journal.DecideOnceAsync((state, now) =>
    {
        Invariant.That(state is not null, "What was sold was paid for.");
        var until = state.Terms.ExpiresAt < DateTimeOffset.MaxValue - SoldAnswer.KeptAfterEnd ? state.Terms.ExpiresAt + SoldAnswer.KeptAfterEnd : DateTimeOffset.MaxValue;
        return (state.Sell(), new Answer(SoldAnswer.Scope, state.Id, Convert.FromHexString(sold.Request), sold.HttpStatus, sold.Write(), until));
    });

    public Task LeaveAsync(string caller)
    {
        if (place?.Caller == caller)
        {
            place = null;
        }

        return Task.CompletedTask;
    }

    public Task<Settlement?> GetAsync(CancellationToken cancellationToken) => journal.ReadAsync(cancellationToken);

    public async Task<Reply<Settlement>> ReportAsync(SettlementReported report) =>
        Reply<Settlement>.Of(await HearAsync(report));

    public async Task<bool> ReceiveAsync(FactEnvelope envelope)
    {
        Invariant.That(envelope.Fact is SettlementReported, "A settlement is told reports only.");
        var report = (SettlementReported)envelope.Fact;
        return (await HearAsync(report, envelope.Consumption)).IsChange;
    }

    public async Task<bool> DueAsync(string id, DateTimeOffset at)
    {
        var outcome = await DecideAsync(Settlement.Wake);
        if (outcome.IsChange)
        {
            resolver.Resolve(outcome.State!);
        }

        return outcome.IsChange;
    }

    /// <summary>What no transaction ever held may have cost gas all the same.</summary>
    private async Task<Outcome<Settlement>> HearAsync(SettlementReported report, Consumption? consumes = null)
    {
        var outcome = await DecideAsync((state, now) => Settlement.Hear(state, report, now), consumes);
        if (outcome is { IsChange: true, State: { Status: SettlementStatus.Failed, Transaction: null } failed } && report.Command is FailSettlement { CostGas: true })
        {
            budget.Failed(failed.Terms.Payer);
        }

        return outcome;
    }

    private Task<Outcome<Settlement>> DecideAsync(SettlementCommand command, Consumption? consumes = null, CancellationToken cancellationToken = default) =>
        DecideAsync((state, now) => Settlement.Decide(state, command, now), consumes, cancellationToken);

    private async Task<Outcome<Settlement>> DecideAsync(
        Func<Settlement?, DateTimeOffset, Outcome<Settlement>> decide, Consumption? consumes = null, CancellationToken cancellationToken = default)
    {
        SettlementStatus? before = null;
        var outcome = await journal.DecideAsync(
            (state, now) =>
            {
                before = state?.Status;
                return decide(state, now);
            },
            consumes,
            cancellationToken);
        if (outcome.IsChange)
        {
            Changed(outcome.State!, before);
        }

        return outcome;
    }

    /// <summary>Most settlements are never asked for again: their memory goes at once, their row stays. While a caller is being answered, or may be about to, its place is kept.</summary>
    private void Rest()
    {
        if (place is null && reserving == 0)
        {
            DeactivateOnIdle();
        }
    }

    private void Changed(Settlement settlement, SettlementStatus? before)
    {
        if (settlement.Status is SettlementStatus.Safe or SettlementStatus.Final or SettlementStatus.Released)
        {
            Rest();
        }

        if (settlement.Status != before)
        {
            metrics.SettlementChanged(settlement.Status);
            CountForPayer(settlement);
        }

        var signal = changed;
        changed = NewSignal();
        signal.TrySetResult();
    }

    /// <summary>Here, where every settlement ends, whoever still waits for it. Its way from confirmed to final is no further success.</summary>
    private void CountForPayer(Settlement settlement)
    {
        if (settlement.IsDecided)
        {
            underWay.End(settlement);
        }

        if (settlement.Status is SettlementStatus.Failed or SettlementStatus.Confirmed)
        {
            budget.Ended(settlement);
        }
    }

    private Outcome<Settlement> WithPlace(Settlement? state, ReserveSettlement command, string caller, DateTimeOffset now)
    {
        var decided = Settlement.Decide(state, command, now);
        var isTaken = decided.Refusal is null && NeedsPlace(decided.State!, command) && !TakePlace(caller, decided.State!);
        return isTaken ? Outcome<Settlement>.Refused(decided.State, PlaceTaken) : decided;
    }

    /// <summary>A paid or pending settlement without a stored key answers one caller at a time; a failure may be told to anyone.</summary>
    private static bool NeedsPlace(Settlement state, ReserveSettlement command) =>
        (state.IdempotencyKey is null || state.IdempotencyKey == state.Admission?.Key) && state.Status != SettlementStatus.Failed && command.Terms.Digest == state.Terms.Digest;

    private bool TakePlace(string caller, Settlement settlement)
    {
        if (place?.Caller != caller && IsPlaceHeld(settlement))
        {
            return false;
        }

        place = (caller, settlement.Attempt, settlement.Admission?.TakeOvers, clock.GetTimestamp());
        return true;
    }

    /// <summary>
    /// Somebody waits for what becomes of this attempt, or is about to tell it. Who waits for an attempt that failed meanwhile waits for nothing of the next. A run whose
    /// time is up holds its place all the same: one admitted beside it would run for nothing, and use up a takeover.
    /// </summary>
    private bool IsPlaceHeld(Settlement? settlement) =>
        settlement is { ReservedAt: not null, Status: not SettlementStatus.Failed }
        && place is { } held && held.Attempt == settlement.Attempt && clock.GetElapsedTime(held.Since) < PlaceHeldMax;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
