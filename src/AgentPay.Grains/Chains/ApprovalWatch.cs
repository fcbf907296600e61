using System.Collections.Concurrent;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Facilitator;
using AgentPay.Grains.Methods;
using AgentPay.X402;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>
/// Brings the payers' own approvals on chain for which work of one key waits (x402 v2, extension <c>erc20ApprovalGasSponsoring</c>). What it knows can be had again from the
/// work and the chain. An approval moves no money and its bytes never change, so it may be sent any number of times; the payment is let go only when the chain would make it.
/// </summary>
internal sealed partial class ApprovalWatch(ChainSettings settings, IEvmChain chain, SignerLane lane, TimeProvider clock, ILogger logger)
{
    /// <summary>Nodes differ in what they have seen: what looks like the end of an approval must look so for a while.</summary>
    private static readonly TimeSpan EndedFor = TimeSpan.FromSeconds(10);

    /// <summary>So many are looked at at a time: each look is up to nine questions.</summary>
    public const int AtOnceMax = 16;

    /// <summary>A look that is not over by then makes room for others.</summary>
    private static readonly TimeSpan LookMax = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, long> endedSince = [];
    private readonly Dictionary<long, Look> looks = [];

    /// <summary>Looks whenever something may have changed, until stopped.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var _ in lane.Approvals.ReadAllAsync(stoppingToken))
            {
                if (lane.IsOurs)
                {
                    StartLooks(stoppingToken);
                }
            }
        }
        finally
        {
            await Task.WhenAll(looks.Values.Select(static look => look.Running));
            looks.Clear();
        }
    }

    /// <summary>Each once a round, those first that were looked at longest ago. One that takes long, or cannot be told about, holds up no other.</summary>
    private void StartLooks(CancellationToken stoppingToken)
    {
        var round = lane.ApprovalRound;
        var held = lane.Newest?.Waiting.Where(static item => item.Value.IsHeld).ToDictionary() ?? [];
        foreach (var gone in looks.Where(look => look.Value.IsOver && !held.ContainsKey(look.Key)).Select(static look => look.Key).ToArray())
        {
            looks.Remove(gone);
        }

        foreach (var hash in endedSince.Keys.Except(held.Values.Select(static work => work.Terms.Approval!.Hash)).ToArray())
        {
            endedSince.TryRemove(hash, out _);
        }

        var room = AtOnceMax - looks.Values.Count(static look => !look.IsOver);
        var due = held.Where(item => !looks.TryGetValue(item.Key, out var look) || (look.IsOver && look.Round != round && clock.GetElapsedTime(look.EndedAt) >= look.Pause));
        foreach (var (ticket, work) in due.OrderBy(item => looks.TryGetValue(item.Key, out var look) ? look.Round : int.MinValue).ThenBy(static item => item.Key).Take(room).ToArray())
        {
            var look = looks[ticket] = new Look(round, looks.GetValueOrDefault(ticket)?.Failures ?? 0);
            look.Running = RunAsync(look, ticket, work.Terms, stoppingToken);
        }
    }

    private async Task RunAsync(Look look, long ticket, SettlementTerms terms, CancellationToken stoppingToken)
    {
        // Not in the turn of whoever starts it: another begins meanwhile.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var enough = new CancellationTokenSource(LookMax, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, stoppingToken);
            await LookAsync(ticket, terms, either.Token).WaitAsync(either.Token);
            look.End(failed: false, clock);
        }
        catch (Exception e)
        {
            look.End(failed: true, clock);
            if (look.Failures == 1 && !stoppingToken.IsCancellationRequested)
            {
                LogUnread(e, terms.Approval!.Hash, terms.Payer, settings.Network);
            }
        }

        if (!stoppingToken.IsCancellationRequested)
        {
            lane.NudgeApprovals();
        }
    }

    private async Task LookAsync(long ticket, SettlementTerms terms, CancellationToken cancellationToken)
    {
        var reading = await Permit2Method.ReadAsync(chain, terms, cancellationToken);
        if (reading is { PayerHasCode: false, Verdict: Permit2Verdict.AllowanceRequired })
        {
            if (await SendAsync(ticket, terms.Payer, terms.Approval!, cancellationToken) is { } code)
            {
                await EndAsync(ticket, terms, new FailSettlement(code));
            }
        }
        else if (reading is { PayerHasCode: false, Verdict: Permit2Verdict.Accepted })
        {
            await lane.Grain.ApprovedAsync(ticket);
        }
        else if (reading.Verdict == Permit2Verdict.NonceUsed)
        {
            // Somebody else sent it, or the payer took it back: the chain knows.
            await EndAsync(ticket, terms, new DoubtSettlement());
        }
        else
        {
            // Code that appeared at the payer's address was never asked about the signature.
            await EndAsync(ticket, terms, new FailSettlement(Permit2Verifier.CodeOf(reading.Verdict) ?? ErrorCodes.Permit2SimulationFailed));
        }
    }

    /// <returns>Why it will never be mined; null while it may.</returns>
    private async Task<string?> SendAsync(long ticket, string payer, ApprovalTerms approval, CancellationToken cancellationToken)
    {
        var hash = Bytes32.Parse(approval.Hash);
        var raw = Convert.FromHexString(approval.Raw.AsSpan(2));
        var mined = await chain.ReadTransactionCountAsync(Address.Parse(payer), pending: false, cancellationToken);
        if (mined > approval.Nonce)
        {
            // Mined, by this transaction or another, and there is no allowance.
            return HasLookedEnded(approval.Hash) ? ErrorCodes.Erc20ApprovalTxFailed : null;
        }

        if (await chain.KnowsTransactionAsync(hash, cancellationToken))
        {
            endedSince.TryRemove(approval.Hash, out _);
            return null;
        }

        // The node judges the transaction first: gas money is for one that lacks nothing else.
        var submission = await chain.SubmitAsync(raw, cancellationToken);
        LogSent(approval.Hash, payer, settings.Network, submission.Status, submission.Rejection, submission.Message);
        var lacksCoins = submission.Rejection == SubmissionRejection.InsufficientFunds && HasGifts(ticket);
        if (lacksCoins && !await IsFundedAsync(ticket, raw, Address.Parse(payer), isNext: mined == approval.Nonce, cancellationToken))
        {
            // What was given is gone, or not seen by this node yet.
            return HasLookedEnded(approval.Hash) ? ErrorCodes.Erc20ApprovalBroadcastFailed : null;
        }

        endedSince.TryRemove(approval.Hash, out _);
        return !lacksCoins && submission is { Status: SubmissionStatus.Rejected, Rejection: not SubmissionRejection.NonceTooLow } ? ErrorCodes.Erc20ApprovalBroadcastFailed : null;
    }

    /// <summary>Gas money is given here, or was given for this payment.</summary>
    private bool HasGifts(long ticket) => settings.Sending.ApprovalGasMoneyPerDay > 0 || lane.Newest?.Waiting.GetValueOrDefault(ticket) is { GiftNonce: not null };

    private bool HasLookedEnded(string approval) => clock.GetElapsedTime(endedSince.GetOrAdd(approval, clock.GetTimestamp())) > EndedFor;

    /// <summary>Sees to it that the payer gets the coins it lacks for its transaction, where the operator gives any.</summary>
    /// <returns>True when they are on their way, or will be.</returns>
    private async Task<bool> IsFundedAsync(long ticket, byte[] approval, Address payer, bool isNext, CancellationToken cancellationToken)
    {
        var request = EvmTransaction.Decode(approval).Request;
        var balance = chain.ReadBalanceAsync(payer, cancellationToken);
        var dataFee = chain.ReadDataFeeAsync(approval, cancellationToken);
        var gas = chain.EstimateGasAsync(payer, request.To!.Value, request.Data, cancellationToken);
        var fees = chain.ReadFeesAsync(cancellationToken);
        await Task.WhenAll(balance, dataFee, gas, fees);
        if (lane.Newest?.Waiting.GetValueOrDefault(ticket) is not { } work || !isNext)
        {
            return true;
        }

        if (await gas is not { } taken || taken > request.GasLimit || GiftDesk.NeedOf(payer, request, taken, await dataFee, await balance) is not { } need)
        {
            return false;
        }

        var (verdict, funds) = await lane.JudgeGiftAsync(work, need, await fees, cancellationToken);
        if (verdict == GiftVerdict.Fits && await lane.Grain.GiveAsync(ticket, need, funds))
        {
            LogGiven(lane.AddressText, need.Missing, payer.ToString(), settings.Network, work.Settlement);
        }

        return verdict is GiftVerdict.Fits or GiftVerdict.Waits;
    }

    private Task EndAsync(long ticket, SettlementTerms terms, SettlementCommand report)
    {
        LogEnded(terms.Approval!.Hash, terms.Payer, settings.Network, report.Verb);
        return lane.Grain.UnapprovedAsync(ticket, report);
    }

    [LoggerMessage(EventId = 1350, Level = LogLevel.Information, Message = "The approval {Hash} of {Payer} was sent on {Network}: {Status} {Rejection} {Words}")]
    private partial void LogSent(string hash, string payer, string network, SubmissionStatus status, SubmissionRejection rejection, string words);

    [LoggerMessage(EventId = 1351, Level = LogLevel.Information, Message = "What waited for the approval {Hash} of {Payer} on {Network} ends without a transaction: {Verb}.")]
    private partial void LogEnded(string hash, string payer, string network, SettlementVerb verb);

    [LoggerMessage(EventId = 1352, Level = LogLevel.Warning, Message = "What waits for the approval {Hash} of {Payer} on {Network} could not be looked at; it is looked at again, and others go on.")]
    private partial void LogUnread(Exception reason, string hash, string payer, string network);

    [LoggerMessage(EventId = 1353, Level = LogLevel.Information, Message = "{Signer} gives {Wei} wei to {Payer} on {Network}: it lacks them for the approval that {Settlement} waits for.")]
    private partial void LogGiven(string signer, UInt128 wei, string payer, string network, string settlement);

    /// <summary>The newest look at one approval.</summary>
    private sealed class Look(int round, int failures)
    {
        private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(8);

        private volatile bool isOver;

        public int Round => round;

        public Task Running { get; set; } = Task.CompletedTask;

        /// <summary>How often in a row it could not be had.</summary>
        public int Failures { get; private set; } = failures;

        public long EndedAt { get; private set; }

        public bool IsOver => isOver;

        /// <summary>After failures the next look waits, longer each time: the node may be in trouble.</summary>
        public TimeSpan Pause => Failures == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1 << Math.Min(Failures - 1, 3)) is var pause && pause < PauseMax ? pause : PauseMax;

        public void End(bool failed, TimeProvider clock)
        {
            Failures = failed ? Failures + 1 : 0;
            EndedAt = clock.GetTimestamp();
            isOver = true;
        }
    }
}
