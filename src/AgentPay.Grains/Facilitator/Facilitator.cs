using System.Collections.Concurrent;
using System.Security.Cryptography;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Chains;
using AgentPay.Grains.Journal;
using AgentPay.Grains.Settlements;
using AgentPay.Storage.Contract;
using AgentPay.X402;
using AgentPay.X402.Messages;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentPay.Grains.Facilitator;

/// <inheritdoc/>
internal sealed class Facilitator(
    PaymentVerifier verifier, ChainDesk desk, IGrainFactory grains, IAtomicStore store, ProcessIdentity process, FailureBudget budget, PaymentsUnderWay underWay,
    IOptions<FacilitatorSettings> settings, TimeProvider clock, GrainMetrics metrics, IHostApplicationLifetime? lifetime = null) : IFacilitator
{
    private static readonly TimeSpan HashWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AdmissionSlack = TimeSpan.FromSeconds(30);

    /// <summary>The keys of the admissions that were asked for here and whose runs are not over.</summary>
    private readonly ConcurrentDictionary<string, bool> runs = new();

    public SupportedResponse Supported => SupportedKinds.Of(desk);

    public async Task<VerifyResponse> VerifyAsync(PaymentPayload payment, PaymentRequirements requirements, CancellationToken cancellationToken)
    {
        using var activity = EngineActivity.Start("facilitator.verify", requirements.Network);
        var (prepared, refusal) = verifier.Prepare(payment, requirements);
        refusal ??= prepared!.TimeRefusal;
        if (refusal is null)
        {
            (refusal, prepared) = await verifier.CheckChainAsync(prepared!, cancellationToken);
            if (refusal is null && await FindAsync(prepared.Id, cancellationToken) is { Status: not (SettlementStatus.Released or SettlementStatus.Failed) })
            {
                refusal = NonceUsed(prepared);
            }
        }

        metrics.Verified(refusal);
        activity.End(refusal);
        var payer = prepared?.Terms.Payer ?? payment.Payer;
        return refusal is null ? VerifyResponse.Valid(payer!) : VerifyResponse.Invalid(refusal, Sentences.Of(refusal), payer);
    }

    public async Task<SettleAnswer> SettleAsync(
        PaymentPayload payment, PaymentRequirements requirements, string? idempotencyKey, CancellationToken cancellationToken)
    {
        using var activity = EngineActivity.Start("facilitator.settle", requirements.Network);
        var startedAt = clock.GetTimestamp();
        var words = new SettleWords(payment, requirements);
        SettleAnswer? answer = null;
        for (var hasEnded = false; answer is null; hasEnded = true)
        {
            var (prepared, refusal) = await CheckAsync(payment, requirements, hasEnded, cancellationToken);
            answer = refusal is not null
                ? new SettleAnswer(words.Refused(refusal))
                : await ReserveAndLeaveAsync(prepared!, idempotencyKey, words, cancellationToken);
        }

        metrics.Settled(clock.GetElapsedTime(startedAt), answer.Response.ErrorReason);
        activity.End(answer.Response.ErrorReason);
        return answer;
    }

    public async Task<AdmissionAnswer> AdmitAsync(
        PaymentPayload payment, PaymentRequirements requirements, string resource, CancellationToken cancellationToken)
    {
        AdmissionAnswer? answer = null;
        for (var hasEnded = false; answer is null; hasEnded = true)
        {
            answer = await AdmitOnceAsync(payment, requirements, resource, hasEnded, cancellationToken);
        }

        return answer;
    }

    /// <summary>Null when the payment was under way when it was looked at, and has ended since: it is held against the chain before it is tried anew.</summary>
    private async Task<AdmissionAnswer?> AdmitOnceAsync(
        PaymentPayload payment, PaymentRequirements requirements, string resource, bool hasEnded, CancellationToken cancellationToken)
    {
        var (prepared, refusal) = await CheckAsync(payment, requirements, hasEnded, cancellationToken);
        if (refusal is not null)
        {
            return new AdmissionAnswer(refusal, Sentences.Of(refusal), payment.Payer, null);
        }

        var request = payment.PaymentIdentifier is { } identifier ? SoldAnswer.FingerprintOf(identifier, resource) : null;

        // Longer than a run can wait for its settlement: nobody takes over from one that is about to answer.
        var expiresAt = clock.GetUtcNow() + TimeSpan.FromSeconds(requirements.MaxTimeoutSeconds + settings.Value.SettleWaitSeconds) + AdmissionSlack;
        var admission = new Admission(RandomKey(), resource, process.Id, expiresAt);
        Reply<Settlement>? reply = null;
        try
        {
            var (orphan, gone) = hasEnded || prepared!.WasUnderWay ? await FindOrphanAsync(prepared!.Id, cancellationToken) : default;
            runs[admission.Key] = true;

            // Who leaves meanwhile is waited for: an admission that nobody heard of could be freed by nobody.
            reply = await Grain(prepared!).AdmitAsync(new AdmitPayment(prepared!.Terms, admission, process.IsAlone, prepared.WasUnderWay, orphan, gone), CancellationToken.None);
        }
        finally
        {
            if (reply?.State is null || reply.Refusal is not null)
            {
                runs.TryRemove(admission.Key, out _);
                Leave(prepared!);
            }
        }

        if (reply.Refusal is { Code: EndedMeanwhile.Code })
        {
            return null;
        }

        if (reply.Refusal is { } no)
        {
            return new AdmissionAnswer(CodeOf(no, prepared), no.Detail, prepared.Terms.Payer, null) { Sold = await FindSoldAsync(prepared, request, cancellationToken) };
        }

        // Its admission is its check: what it reserves, it was admitted for.
        var admitted = new AdmittedPayment(this, prepared with { WasUnderWay = false }, reply.State!.Admission!, admission.Key, new SettleWords(payment, requirements), request);
        return new AdmissionAnswer(null, null, prepared.Terms.Payer, admitted);
    }

    /// <summary>
    /// The admission of a run of this process that is over and that nothing freed: the store did not answer when it was asked to, or wrote it too late. Or that of a
    /// process that is gone.
    /// </summary>
    private async Task<(string? Orphan, Admission? Gone)> FindOrphanAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { Admission: { } held, Answered: false } found)
        {
            return default;
        }

        return held.Process == process.Id
            ? (found.Status == SettlementStatus.Admitted && !runs.ContainsKey(held.Key) ? held.Key : null, null)
            : (null, await process.IsGoneAsync(held.Process, cancellationToken) ? held : null);
    }

    /// <summary>What this payment bought by exactly this request; null when it bought nothing, something else, or too long ago.</summary>
    private async Task<SoldAnswer?> FindSoldAsync(PreparedPayment prepared, string? request, CancellationToken cancellationToken)
    {
        var answer = request is null ? null : await store.ReadAnswerAsync(SoldAnswer.Scope, prepared.Id, clock.GetUtcNow(), cancellationToken);
        return answer is not null && SoldAnswer.Read(answer.Body.Span) is var sold && sold.Request == request ? sold : null;
    }

    /// <summary>
    /// Everything that must hold before a reservation. A payment the engine already knows is not held against the chain again: its nonce is used because
    /// we used it, and its time may be over. One that was only admitted when its run ended is not known in this sense.
    /// </summary>
    private async Task<(PreparedPayment? Payment, string? Refusal)> CheckAsync(
        PaymentPayload payment, PaymentRequirements requirements, bool hasEnded, CancellationToken cancellationToken)
    {
        var (prepared, refusal) = verifier.Prepare(payment, requirements);
        if (refusal is not null)
        {
            return (prepared, refusal);
        }

        if (await RecallAsync(prepared!, hasEnded, cancellationToken) is { } recalled)
        {
            return recalled;
        }

        if (prepared!.TimeRefusal is not null)
        {
            return (prepared, prepared.TimeRefusal);
        }

        budget.RequireRoom(prepared.Terms.Payer, undecided: 0);
        (refusal, prepared) = await verifier.CheckChainAsync(prepared, cancellationToken);
        refusal ??= await underWay.EnterAsync(prepared, desk.ChainOf(prepared.Terms.Network)!, cancellationToken);

        // While the chain was asked, another caller's settle of this payment may have been reserved, sent and mined: then its nonce is used by us.
        return refusal is not null && await RecallAsync(prepared, hasEnded, cancellationToken) is { } settled ? settled : (prepared with { IsCounted = refusal is null }, refusal);
    }

    /// <summary>What the engine's own memory says of a payment; null when it does not know it, or let go of it.</summary>
    private async Task<(PreparedPayment? Payment, string? Refusal)?> RecallAsync(PreparedPayment prepared, bool hasEnded, CancellationToken cancellationToken)
    {
        var known = await FindAsync(prepared.Id, cancellationToken);
        if (known is null or { Status: SettlementStatus.Released or SettlementStatus.Failed } || (hasEnded && known.Status == SettlementStatus.Admitted))
        {
            return null;
        }

        if (known.Terms.Digest != prepared.Terms.Digest)
        {
            return (prepared, NonceUsed(prepared));
        }

        var isOurs = prepared.SignedByPayer || known.Terms.Signature == prepared.Terms.Signature;
        return isOurs ? (prepared with { Terms = known.Terms, WasUnderWay = true }, null) : null;
    }

    private async Task<SettleAnswer?> ReserveAndLeaveAsync(PreparedPayment prepared, string? key, SettleWords words, CancellationToken cancellationToken)
    {
        try
        {
            return await ReserveAsync(prepared, key, null, words, cancellationToken);
        }
        finally
        {
            Leave(prepared);
        }
    }

    /// <summary>Null when the payment was under way when it was looked at, and has ended since: it is held against the chain before it is tried anew.</summary>
    private async Task<SettleAnswer?> ReserveAsync(PreparedPayment prepared, string? key, Admission? run, SettleWords words, CancellationToken cancellationToken)
    {
        var caller = RandomKey();
        var grain = Grain(prepared);

        // Who leaves meanwhile is waited for, too: its place has to be given up after it was given.
        var reply = await grain.ReserveAsync(new ReserveSettlement(prepared.Terms, key, desk.SenderOf(prepared.Terms), prepared.WasUnderWay, run?.TakeOvers), caller, CancellationToken.None);
        if (reply.Refusal is { Code: EndedMeanwhile.Code })
        {
            return null;
        }

        if (reply.Refusal is { } no)
        {
            var hash = no.Code == SettlementRefusals.Duplicate ? await HashAsync(grain, reply.State, cancellationToken) : null;
            return new SettleAnswer(words.Refused(CodeOf(no, prepared), hash));
        }

        underWay.Keep(prepared);
        var settled = await OutcomeAsync(grain, reply.State!, caller, cancellationToken);
        if (settled.IsDecided)
        {
            // Where another process decides for the settlement, only the answer tells that it ended.
            underWay.EndElsewhere(settled);
        }

        if (IsReservedAnew(reply.State!, settled) || (run is not null && !await MayAnswerAsync(grain, run, settled, caller)))
        {
            // What this caller waited for failed, and another reserved the payment anew before it looked; or it was taken for dead, and another runs in its place.
            // What comes of that is the other's to hear.
            await grain.LeaveAsync(caller);
            return new SettleAnswer(words.Refused(SettlementRefusals.Duplicate, settled.Transaction));
        }

        if (settled.Status == SettlementStatus.Failed)
        {
            await grain.LeaveAsync(caller);
            return new SettleAnswer(words.Refused(settled.FailureCode!));
        }

        if (settled is { IsPaid: true, IdempotencyKey: null } && !process.IsAlone)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                // Nobody is there to be told: the success is left to who asks again.
                await grain.LeaveAsync(caller);
                cancellationToken.ThrowIfCancellationRequested();
            }

            return await grain.ClaimAnswerAsync(caller)
                ? new SettleAnswer(words.Settled(settled))
                : new SettleAnswer(words.Refused(SettlementRefusals.Duplicate, settled.Transaction));
        }

        return settled.IsPaid
            ? new SettleAnswer(words.Settled(settled), delivered => delivered ? grain.AnsweredAsync(caller) : grain.LeaveAsync(caller))
            : new SettleAnswer(words.Refused(ErrorCodes.SettlementPending, settled.Transaction), _ => grain.LeaveAsync(caller));
    }

    /// <summary>By another key, or by another caller without one.</summary>
    private static bool IsReservedAnew(Settlement reserved, Settlement settled) =>
        settled.IdempotencyKey != reserved.IdempotencyKey || (settled.IdempotencyKey is null && settled.Attempt != reserved.Attempt);

    /// <summary>A run whose time is nearly up asks for as much as its answer may take to leave. One that the store fails then gives its place up.</summary>
    private async Task<bool> MayAnswerAsync(ISettlementGrain grain, Admission run, Settlement settled, string caller)
    {
        if (IsTakenFrom(run, settled))
        {
            return false;
        }

        if (!settled.IsPaid || run.ExpiresAt - clock.GetUtcNow() > IAdmittedPayment.AnswerMax)
        {
            return true;
        }

        try
        {
            return await grain.HoldRunAsync(run, IAdmittedPayment.AnswerMax);
        }
        catch
        {
            await grain.LeaveAsync(caller);
            throw;
        }
    }

    /// <summary>Runs that follow each other share a key: the last one answers, and once.</summary>
    private static bool IsTakenFrom(Admission run, Settlement settled) => settled.Answered || (settled.Admission is { } last && last.TakeOvers != run.TakeOvers);

    /// <summary>
    /// Waits outside the grain. A caller that leaves, or that the store fails, gives its place up; an engine that stops parks: the settlement goes on without a caller.
    /// </summary>
    private async Task<Settlement> OutcomeAsync(ISettlementGrain grain, Settlement settlement, string caller, CancellationToken cancellationToken)
    {
        var stopping = lifetime?.ApplicationStopping ?? CancellationToken.None;
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        var (since, wait) = (clock.GetTimestamp(), TimeSpan.FromSeconds(settings.Value.SettleWaitSeconds));
        try
        {
            while (!settlement.IsDecided && wait - clock.GetElapsedTime(since) is { Ticks: > 0 } left)
            {
                settlement = await grain.WaitAsync(left, caller, cancellationToken: leaving.Token) ?? settlement;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return await grain.GetAsync(CancellationToken.None) ?? settlement;
        }
        catch
        {
            await grain.LeaveAsync(caller);
            throw;
        }

        return settlement;
    }

    private static async Task<string?> HashAsync(ISettlementGrain grain, Settlement? settlement, CancellationToken cancellationToken) =>
        settlement is { Transaction: null, Status: SettlementStatus.Reserved }
            ? (await grain.WaitAsync(HashWait, hashIsEnough: true, cancellationToken: cancellationToken))?.Transaction
            : settlement?.Transaction;

    private async Task<Settlement?> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.ReadAsync(new GrainRef(SettlementId.GrainType, id), cancellationToken) is { } row
            ? StoredForms.Settlements.Read(row.State.Span, [])
            : null;

    private ISettlementGrain Grain(PreparedPayment prepared) => grains.GetGrain<ISettlementGrain>(prepared.Id);

    private void Leave(PreparedPayment prepared) => underWay.Leave(prepared);

    private static string NonceUsed(PreparedPayment payment) =>
        payment.Permit2 is null ? ErrorCodes.InvalidExactEvmNonceAlreadyUsed : ErrorCodes.Permit2InvalidNonce;

    /// <summary>A settlement's refusal in its method's words.</summary>
    private static string CodeOf(Refusal refusal, PreparedPayment payment) => refusal.Code == SettlementRefusals.NonceUsed ? NonceUsed(payment) : refusal.Code;

    private static string RandomKey() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>A run of this process: <paramref name="run"/> is what the grain admitted, <paramref name="askedWith"/> the key under which this process knows the run.</summary>
    private sealed class AdmittedPayment(Facilitator facilitator, PreparedPayment prepared, Admission run, string askedWith, SettleWords words, string? request) : IAdmittedPayment
    {
        private int hasLeft;

        public bool CanKeep => request is not null;

        public Task KeepAsync(int httpStatus, string contentType, string receipt, byte[] body) =>
            request is null || body.Length > SoldAnswer.BodyBytesMax
                ? Task.CompletedTask
                : facilitator.Grain(prepared).KeepAnswerAsync(new SoldAnswer(request, httpStatus, contentType, receipt, Convert.ToBase64String(body)));

        public async Task<SettleAnswer> SettleAsync(CancellationToken cancellationToken)
        {
            var answer = (await facilitator.ReserveAsync(prepared, run.Key, run, words, cancellationToken))!;
            Leave();
            return new SettleAnswer(answer.Response, async delivered =>
            {
                var isHandedOver = false;
                try
                {
                    await answer.CloseAsync(delivered);
                    isHandedOver = delivered && answer.Response.Success;
                }
                finally
                {
                    if (!isHandedOver)
                    {
                        // Paid for or still undecided, and not handed over, or nobody knows: the buyer may come again with the same payment.
                        await ReleaseAsync();
                    }
                }
            });
        }

        public Task ReleaseAsync()
        {
            Leave();
            return facilitator.Grain(prepared).ReleaseAsync(new ReleasePayment(run.Key, run.TakeOvers));
        }

        private void Leave()
        {
            if (Interlocked.Exchange(ref hasLeft, 1) == 0)
            {
                facilitator.runs.TryRemove(askedWith, out _);
                facilitator.Leave(prepared);
            }
        }
    }
}
