using System.Collections.Immutable;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Chains;
using AgentPay.Grains.Journal;
using AgentPay.Grains.Messages;
using Orleans.Concurrency;

namespace AgentPay.Grains.Signers;

[GrainType(SignerId.GrainType), Reentrant]
internal sealed class SignerGrain(
    [Journal(SignerId.GrainType)] IJournal<Signer> journal, ITransactionDesk desk) : Grain, ISignerGrain, IFactReceiver
{
    private long decisions;
    private long shown;
    private Signer? newestShown;

    public async Task<Signer> WakeAsync()
    {
        return (await DecideAsync((signer, _) => Outcome<Signer>.Unchanged(signer), alwaysShow: true)).State!;
    }

    public Task SyncAsync(ulong mined, ulong known) => DecideAsync((signer, now) => signer.Sync(mined, known, Pen(signer), now));

    public Task SendWaitingAsync() => DecideAsync((signer, now) => signer.SendWaiting(Pen(signer), now));

    public Task ApprovedAsync(long ticket) => DecideAsync((signer, now) => signer.Approved(ticket, Pen(signer), now));

    public async Task<bool> GiveAsync(long ticket, GasNeed need, UInt128 funds) => (await DecideAsync((signer, now) => signer.Give(ticket, need, funds, Pen(signer), now))).IsChange;

    public Task UnapprovedAsync(long ticket, SettlementCommand report) => DecideAsync((signer, _) => signer.Unapproved(ticket, report));

    public Task OutbidAsync(ImmutableArray<ulong> nonces) => DecideAsync((signer, now) => signer.Outbid(nonces, Pen(signer), now));

    public Task OutbidFirstAsync(ulong nonce) => DecideAsync((signer, now) => signer.Outbid([nonce], Pen(signer), now, always: true));

    public Task FillForeignAsync(ulong from) => DecideAsync((signer, now) => signer.FillForeign(from, Pen(signer), now));

    public Task MinedAsync(ulong nonce, string hash, BlockReference block, ImmutableArray<SettlementCommand> reports, bool isStarved) =>
        DecideAsync((signer, _) => signer.Mined(nonce, hash, block, reports, isStarved));

    public Task LostAsync(ulong nonce, BlockReference block) => DecideAsync((signer, _) => signer.Lost(nonce, block));

    public Task NonceTakenAsync(ulong nonce) => DecideAsync((signer, now) => signer.NonceTaken(nonce, Pen(signer), now));

    public Task SafeAsync(ulong to) => DecideAsync((signer, _) => signer.Safe(to));

    public Task FinalAsync(ImmutableArray<ulong> nonces) => DecideAsync((signer, _) => signer.Final(nonces));

    public async Task<bool> ReceiveAsync(FactEnvelope envelope)
    {
        Invariant.That(envelope.Fact is SettlementReserved, "A signer is told of reservations only.");
        var reserved = (SettlementReserved)envelope.Fact;
        var work = new SettlementWork(reserved.Settlement, reserved.Attempt, reserved.Terms);
        // Shown even when the message was consumed already: somebody else's decision then, which this process may not have seen.
        return (await DecideAsync((signer, now) => signer.Take(work, Pen(signer), now), envelope.Consumption, alwaysShow: true)).IsChange;
    }

    /// <summary>Decides, and shows the durable result to the chain worker: bytes are broadcast only after this commit.</summary>
    private async Task<Outcome<Signer>> DecideAsync(
        Func<Signer, DateTimeOffset, Outcome<Signer>> decide, Consumption? consumes = null, bool alwaysShow = false)
    {
        var order = 0L;
        var outcome = await journal.DecideAsync(
            (state, now) =>
            {
                order = ++decisions;
                return decide(state ?? New(), now);
            },
            consumes);
        if ((outcome.IsChange || alwaysShow || !ReferenceEquals(outcome.State, newestShown)) && order > shown)
        {
            // Decisions become durable in order, but those who wait for them may run on in another: an older state must not hide newer bytes. What changed nothing
            // may still be news: a decision that was given up, and was written all the same.
            shown = order;
            newestShown = outcome.State;
            desk.Observe(outcome.State!);
        }

        return outcome;
    }

    private TransactionPen? Pen(Signer signer) => desk.PenFor(signer.Network, signer.Address);

    private Signer New()
    {
        var known = SignerId.TryParse(this.GetPrimaryKeyString(), out var network, out var address);
        Invariant.That(known, "A signer's key names its network and address.");
        return Signer.New(network, address);
    }
}
