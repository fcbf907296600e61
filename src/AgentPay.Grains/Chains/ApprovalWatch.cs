using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
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

    private readonly Dictionary<string, long> endedSince = [];

    /// <summary>Looks whenever something may have changed, until stopped.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in lane.Approvals.ReadAllAsync(stoppingToken))
        {
            if (lane.IsOurs)
            {
                await LookAsync(stoppingToken);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var held = lane.Newest?.Waiting.Where(static item => item.Value.IsHeld).ToArray() ?? [];
        foreach (var hash in endedSince.Keys.Except(held.Select(static item => item.Value.Terms.Approval!.Hash)).ToArray())
        {
            endedSince.Remove(hash);
        }

        foreach (var (ticket, work) in held)
        {
            await LookAsync(ticket, work.Terms, cancellationToken);
        }
    }

    private async Task LookAsync(long ticket, SettlementTerms terms, CancellationToken cancellationToken)
    {
        var reading = await Permit2Method.ReadAsync(chain, terms, cancellationToken);
        if (reading is { PayerHasCode: false, Verdict: Permit2Verdict.AllowanceRequired })
        {
            if (await SendAsync(terms.Payer, terms.Approval!, cancellationToken) is { } code)
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
    private async Task<string?> SendAsync(string payer, ApprovalTerms approval, CancellationToken cancellationToken)
    {
        var hash = Bytes32.Parse(approval.Hash);
        var mined = await chain.ReadTransactionCountAsync(Address.Parse(payer), pending: false, cancellationToken);
        if (mined > approval.Nonce)
        {
            // Mined, by this transaction or another, and there is no allowance.
            var since = endedSince.TryGetValue(approval.Hash, out var at) ? at : endedSince[approval.Hash] = clock.GetTimestamp();
            return clock.GetElapsedTime(since) > EndedFor ? ErrorCodes.Erc20ApprovalTxFailed : null;
        }

        endedSince.Remove(approval.Hash);
        if (await chain.KnowsTransactionAsync(hash, cancellationToken))
        {
            return null;
        }

        var submission = await chain.SubmitAsync(Convert.FromHexString(approval.Raw.AsSpan(2)), cancellationToken);
        LogSent(approval.Hash, payer, settings.Network, submission.Status, submission.Rejection, submission.Message);
        return submission is { Status: SubmissionStatus.Rejected, Rejection: not SubmissionRejection.NonceTooLow } ? ErrorCodes.Erc20ApprovalBroadcastFailed : null;
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
}
