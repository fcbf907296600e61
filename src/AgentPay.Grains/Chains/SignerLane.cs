using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Signers;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>
/// One key's way to the node: sends what its grain committed, in nonce order, and sends the same bytes again until they are mined.
/// Holds only what can be had again from the grain.
/// </summary>
internal sealed partial class SignerLane(
    ChainSettings settings, IEvmChain chain, EvmSigner key, ISignerGrain grain, ILeases leases, TimeProvider clock, ILogger logger)
{
    private const ulong ForeignMax = 1_024;

    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly PayerCodes codes = new(chain, clock);
    private readonly FormSender sender = new(chain, key.Address.ToString(), clock, logger);
    private readonly GiftDesk gifts = new(chain, key.Address, clock, logger);
    private readonly Dictionary<ulong, string> included = [];
    private readonly HashIndex index = new();
    private readonly Lock standing = new();
    private readonly Channel<bool> company = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<bool> full = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<bool> approvals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private SendingLimits limits = settings.ToLimits(canShare: false);
    private volatile StrongBox<Fence>? held;
    private volatile Signer? signer;
    private volatile string? reset;
    private volatile string? behind;
    private volatile int holding;
    private volatile int caughtUp;
    private volatile int approvalRound;

    public string AddressText { get; } = key.Address.ToString();

    public EvmSigner Key => key;

    /// <summary>True while this process, and no other, decides for the key and sends with it.</summary>
    public bool IsOurs => held is { } box && leases.Find(Resource) == box.Value;

    /// <summary>The name of its lease: the signer's own.</summary>
    public string Resource { get; } = SignerId.KeyFor(chain.Network, key.Address.ToString());

    public ISignerGrain Grain => grain;

    /// <summary>The newest durable state seen; null before the first.</summary>
    public Signer? Newest => signer;

    /// <summary>Why the node's chain is not the one this key sent to, in one sentence; null when it is.</summary>
    public string? Reset => reset;

    /// <summary>How many hashes can be found.</summary>
    public int HashCount => index.Count;

    /// <summary>Why this key cannot send, in one sentence; null when it can.</summary>
    public string? Trouble => Halted ?? Spent;

    private string? Halted => reset ?? behind ?? (signer is { InFlight: > 0 } ? sender.Unfunded : null);

    /// <summary>The code of <see cref="Trouble"/>.</summary>
    public string? TroubleCode => Trouble is null ? null : reset is not null ? "chain_reset" : behind is not null ? "node_unavailable" : Trouble == sender.Unfunded ? "signer_unfunded" : "gas_ceiling";

    /// <summary>Why a payer was refused gas money that another day, or with more coins, would not be: a code and a sentence; null while none was. Payments that need none go on.</summary>
    public (string Code, string Words)? GasMoneyTrouble => gifts.Trouble(limits.GasMoney);

    /// <summary>Wei given today, with what giving cost at most; null where none is ever given, or it is another process's to say.</summary>
    public UInt128? GasMoneyToday => limits.GasMoney is null ? null : signer?.GasMoneyOn(clock.GetUtcNow());

    /// <summary>Whether a payer is given what it lacks for its approval; <paramref name="work"/> is null for a payment that is not here yet.</summary>
    /// <returns>The verdict, and the wei that the key owns where that was looked at.</returns>
    public Task<(GiftVerdict Verdict, UInt128 Funds)> JudgeGiftAsync(SettlementWork? work, GasNeed need, FeeQuote quote, CancellationToken cancellationToken) =>
        gifts.JudgeAsync(signer, work, need, quote, limits, cancellationToken);

    private string? Spent => signer is { } state && state.IsOutOfGas(limits, clock.GetUtcNow())
        ? $"{AddressText} signed transactions of {state.GasToday} gas today on {chain.Network} and GasPerDayMax is {limits.GasPerDayMax}: what waits is sent after midnight UTC."
        : null;

    /// <summary>Signs with this key at these fees; null while it cannot send. At the day's ceiling it still replaces what is on its way: that takes no more gas.</summary>
    public TransactionPen? PenAt(FeeQuote fees, ulong? blockGas) =>
        Halted is null ? new LanePen(key, chain.ChainId, settings, limits, fees, blockGas, CountIncluded(), codes) : null;

    /// <summary>Learns whether many settlements can share a transaction on this chain.</summary>
    public async Task LearnLimitsAsync(CancellationToken cancellationToken) =>
        limits = settings.ToLimits(canShare: await chain.HasCodeAsync(Multicall3.Address, cancellationToken));

    /// <summary>A transaction is in a block that is not deep enough to count.</summary>
    public void Include(ulong nonce, string hash)
    {
        lock (included)
        {
            included[nonce] = hash;
        }
    }

    /// <summary>It is in no block any more, as far as the node knows: it may be lost, and is sent again where the node does not have it.</summary>
    public void Exclude(ulong nonce, string hash)
    {
        lock (included)
        {
            if (included.TryGetValue(nonce, out var form) && form == hash)
            {
                included.Remove(nonce);
            }
        }
    }

    /// <summary>A block was lost: what was included may wait again.</summary>
    public void ForgetIncluded()
    {
        lock (included)
        {
            included.Clear();
        }
    }

    /// <summary>Takes the key up as it is held now. Under another holding nothing that was had from the grain counts: another process may have decided since.</summary>
    /// <returns><see cref="IsOurs"/>.</returns>
    public bool Hold()
    {
        lock (standing)
        {
            holding++;
        }

        var now = leases.Find(Resource);
        if (now != held?.Value)
        {
            held = null;
            Forget();
            held = now is { } fence ? new StrongBox<Fence>(fence) : null;
        }

        return IsOurs;
    }

    /// <summary>Counts how often the key was taken up.</summary>
    public int Holding => holding;

    /// <summary>True after what happened before could not be seen.</summary>
    public bool IsBehind => behind is not null;

    /// <summary>True when all that happened before the key was taken up has been seen. Before that nothing of it is called safe or final.</summary>
    public bool IsCaughtUp => caughtUp == holding;

    /// <summary>All that happened before this holding has been seen. What could not be seen since begins another.</summary>
    public void CatchUp(int seen)
    {
        lock (standing)
        {
            caughtUp = seen;
            behind = seen == holding ? null : behind;
        }
    }

    /// <summary>What happened could not be seen: the key sends nothing new until it is taken up anew.</summary>
    public void FallBehind(Exception reason)
    {
        lock (standing)
        {
            behind = $"{AddressText} cannot be taken up on {chain.Network}: {reason.Message}";
            holding++;
        }

        LogBehind(reason, AddressText, chain.Network);
    }

    private void Forget()
    {
        index.Clear();
        signer = null;
        sender.Forget();
        ForgetIncluded();
        (reset, behind) = (null, null);
    }

    public void Observe(Signer newest)
    {
        index.Observe(newest);
        signer = newest;
        signal.Writer.TryWrite(true);
        if (!newest.Waiting.IsEmpty)
        {
            company.Writer.TryWrite(true);
            if (newest.Waiting.Count >= limits.PaymentsMax && newest.InFlight < limits.InFlightMax && Trouble is null)
            {
                full.Writer.TryWrite(true);
            }

            NudgeApprovals();
        }
    }

    /// <summary>Told whenever an approval may have become due or mined.</summary>
    public ChannelReader<bool> Approvals => approvals.Reader;

    /// <summary>A block came, or time passed: what waits for an approval may go on.</summary>
    public void WakeApprovals()
    {
        Interlocked.Increment(ref approvalRound);
        NudgeApprovals();
    }

    /// <summary>Counts how often what waits for an approval may have changed on the chain.</summary>
    public int ApprovalRound => approvalRound;

    /// <summary>What was not looked at yet in this round may be looked at now.</summary>
    public void NudgeApprovals()
    {
        if (signer?.Waiting.Values.Any(static work => work.IsHeld) == true)
        {
            approvals.Writer.TryWrite(true);
        }
    }

    /// <summary>The open transaction of which <paramref name="hash"/> is a form; null when none is.</summary>
    public SignerTransaction? Find(string hash) =>
        index.Find(hash) is { } nonce && signer?.Transactions.TryGetValue(nonce, out var transaction) == true ? transaction : null;

    /// <summary>Sends whatever is committed and not on its way, until stopped.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in signal.Reader.ReadAllAsync(stoppingToken))
        {
            await SendAsync(repeat: false, stoppingToken);
        }
    }

    /// <summary>Lets what waits for company go together, until stopped.</summary>
    public async Task GatherAsync(CancellationToken stoppingToken)
    {
        await foreach (var isWaiting in company.Reader.ReadAllAsync(stoppingToken))
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(Task.Delay(settings.Sending.Gather, clock, enough.Token), full.Reader.WaitToReadAsync(enough.Token).AsTask());
            await enough.CancelAsync();
            stoppingToken.ThrowIfCancellationRequested();
            full.Reader.TryRead(out _);
            if (IsOurs)
            {
                await ReadCodesAsync(stoppingToken);
                await grain.SendWaitingAsync();
            }
        }
    }

    /// <summary>Sends again what the node should have mined or kept.</summary>
    public Task RepeatAsync(CancellationToken cancellationToken) => SendAsync(repeat: true, cancellationToken);

    /// <summary>Brings the grain's nonce up to the chain's. A chain that knows fewer transactions than were mined is another chain, or was reset: nothing is sent.</summary>
    public async Task SyncAsync(CancellationToken cancellationToken)
    {
        var state = await grain.WakeAsync();
        var (mined, known) = await ReadCountsAsync(cancellationToken);
        var isForeign = state.Foreign is { } foreign && mined >= foreign.From && mined < foreign.To;
        if (state.Synced && state.NextNonce > known && !isForeign && !state.Transactions.ContainsKey(mined))
        {
            reset = $"The chain knows {mined} transactions of {AddressText}, the engine sent {state.NextNonce}: it is another chain, or it was reset. Use the node this data belongs to; only a test chain that was reset wants a new data folder.";
            LogReset(AddressText, mined, state.NextNonce);
            return;
        }

        if (known > Math.Max(mined, state.NextNonce) + ForeignMax)
        {
            reset = $"The node says that {known - mined} transactions of {AddressText} wait in its pool, which nobody sent: take another node.";
            LogReset(AddressText, known, state.NextNonce);
            return;
        }

        // A node that lagged behind looks like another chain until it has caught up.
        reset = null;
        await ReadCodesAsync(cancellationToken);
        if (!state.Synced || known > state.NextNonce)
        {
            await grain.SyncAsync(state.Synced ? mined : await ReadSettledCountAsync(mined, cancellationToken), known);
        }
        else
        {
            await grain.SendWaitingAsync();
        }
    }

    /// <summary>
    /// Of a key that is new here, the transactions that can no longer be lost: those mined since are somebody else's, and a lost block may leave their nonces to be used up.
    /// </summary>
    private async Task<ulong> ReadSettledCountAsync(ulong mined, CancellationToken cancellationToken)
    {
        var head = await chain.ReadBlockAsync(BlockTag.Latest, cancellationToken) ?? throw new ChainUnavailableException("The node has no latest block.");
        var depth = (ulong)Math.Min(settings.DepthOfFinal, NonceWatch.DepthMax);
        try
        {
            return head.Cursor.Number < depth ? 0
                : Math.Min(mined, await chain.ReadTransactionCountAtAsync(key.Address, head.Cursor.Number - depth, cancellationToken));
        }
        catch (ChainUnavailableException e)
        {
            // A node may have forgotten the state of that block. A key is not kept waiting for what hardly ever matters.
            LogNoHistory(AddressText, chain.Network, e.Message);
            return mined;
        }
    }

    /// <summary>Looks right before a shared transaction is signed: a payer that got code since its payment was verified (EIP-7702) could burn its neighbours' gas.</summary>
    private Task ReadCodesAsync(CancellationToken cancellationToken) => limits.PaymentsMax > 1 && signer is { Waiting.Count: > 1 } state
        ? codes.ReadAsync(state.Waiting.Values.Where(static work => work is { MayShare: true, IsHeld: false }), 4 * limits.PaymentsMax, cancellationToken)
        : Task.CompletedTask;

    /// <summary>The same before transactions get another form; of more payers than can be looked at, the last ones' transactions keep theirs until the next time.</summary>
    public Task ReadCodesAsync(IEnumerable<SignerTransaction> shared, CancellationToken cancellationToken) => codes.ReadAsync(
        shared.Select(static transaction => transaction.Carried()).Where(static works => works.Length > 1).SelectMany(static works => works), 4 * limits.PaymentsMax, cancellationToken);

    /// <summary>How many transactions of the key are mined, and how many with those in the node's pool.</summary>
    public async Task<(ulong Mined, ulong Known)> ReadCountsAsync(CancellationToken cancellationToken) => (
        await chain.ReadTransactionCountAsync(key.Address, pending: false, cancellationToken),
        await chain.ReadTransactionCountAsync(key.Address, pending: true, cancellationToken));

    /// <summary>What is in no block, by nonce. The unmined are the newest, so this looks from the end and stops when it has them all.</summary>
    public IReadOnlyList<SignerTransaction> Pending()
    {
        var unmined = Unmined();
        lock (included)
        {
            unmined.RemoveAll(transaction => included.ContainsKey(transaction.Nonce));
        }

        return unmined;
    }

    private List<SignerTransaction> Unmined()
    {
        var pending = new List<SignerTransaction>();
        if (signer is { InFlight: > 0 } state)
        {
            for (var nonce = state.NextNonce; nonce > 0 && pending.Count < state.InFlight; nonce--)
            {
                if (state.Transactions.TryGetValue(nonce - 1, out var transaction) && transaction.Block is null)
                {
                    pending.Add(transaction);
                }
            }

            pending.Reverse();
        }

        return pending;
    }

    private Task SendAsync(bool repeat, CancellationToken cancellationToken) =>
        IsOurs ? sender.SendAsync(Pending, repeat, keepMax: 2 * limits.InFlightMax, cancellationToken) : Task.CompletedTask;

    private int CountIncluded()
    {
        lock (included)
        {
            foreach (var nonce in included.Keys.Where(nonce => signer?.Transactions.TryGetValue(nonce, out var transaction) != true || transaction!.Block is not null).ToArray())
            {
                included.Remove(nonce);
            }

            return included.Count;
        }
    }

    [LoggerMessage(EventId = 1304, Level = LogLevel.Warning, Message = "{Signer} cannot be taken up on {Network}; it is tried again, and other keys go on.")]
    private partial void LogBehind(Exception reason, string signer, string network);

    [LoggerMessage(EventId = 1305, Level = LogLevel.Warning, Message = "How many transactions of {Signer} on {Network} are final is not told; all that are mined are taken for it: {Words}")]
    private partial void LogNoHistory(string signer, string network, string words);

    [LoggerMessage(EventId = 1301, Level = LogLevel.Error, Message = "The chain knows {Mined} transactions of {Signer}, the engine sent {Sent}: another chain, or a reset one. Nothing is sent.")]
    private partial void LogReset(string signer, ulong mined, ulong sent);
}
