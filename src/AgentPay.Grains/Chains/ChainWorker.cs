using System.Collections.Immutable;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Signers;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>
/// One chain in this process: follows its blocks, tells signers what was mined, lost or became final, and sends what they committed.
/// All it remembers can be had again from the grains and the chain, so it starts over whenever either fails.
/// </summary>
internal sealed partial class ChainWorker : BackgroundService
{
    private static readonly TimeSpan HousekeepingPeriod = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(10);

    /// <summary>The store is the engine's own and costs nothing to ask: payments must not wait for a long pause when it is back, nor for a key that was in doubt meanwhile.</summary>
    private static readonly TimeSpan StorePauseMax = TimeSpan.FromSeconds(1);

    private readonly ImmutableArray<SignerLane> lanes;
    private readonly ImmutableArray<NonceWatch> nonces;
    private readonly ImmutableArray<ApprovalWatch> approvals;
    private readonly BlockWatch watch;
    private readonly DoubtResolver resolver;
    private readonly FeeCap fees;
    private readonly ILeases leases;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly object lanesGate = new();
    private CancellationTokenSource holding = new();
    private volatile string? outage = "The chain has not been reached yet.";

    public ChainWorker(ChainSettings settings, IEvmChain chain, IEnumerable<EvmSigner> keys, IGrainFactory grains, ILeases leases, TimeProvider clock, ILoggerFactory loggers)
    {
        Settings = settings;
        Chain = chain;
        this.leases = leases;
        this.clock = clock;
        logger = loggers.CreateLogger<ChainWorker>();
        fees = new FeeCap(settings, chain, clock, logger);
        var report = new MinedReport(settings, chain, clock, logger);
        var finality = new FinalityRule(settings, chain, logger);
        resolver = new DoubtResolver(settings, chain, report, finality, grains, logger);
        lanes = [.. keys.Select(key => new SignerLane(
            settings, chain, key, grains.GetGrain<ISignerGrain>(SignerId.KeyFor(settings.Network, key.Address.ToString())), leases, clock, logger))];
        nonces = [.. lanes.Select(lane => new NonceWatch(settings, chain, lane, clock, logger))];
        approvals = [.. lanes.Select(lane => new ApprovalWatch(settings, chain, lane, clock, logger))];
        watch = new BlockWatch(settings, chain, lanes, report, finality, clock, logger);
    }

    public ChainSettings Settings { get; }

    public IEvmChain Chain { get; }

    public IReadOnlyList<string> SignerAddresses => [.. lanes.Select(lane => lane.AddressText)];

    public ChainHealth Health
    {
        get
        {
            var key = lanes.FirstOrDefault(lane => lane.Trouble is not null);
            var (state, code, trouble) = outage is not null ? ("halted", "node_unavailable", outage)
                : fees.Trouble is { } above ? ("degraded", "fees_above_cap", above)
                : fees.Silence is { } silence ? ("degraded", "node_unavailable", silence)
                : key is not null ? ("degraded", key.TroubleCode, key.Trouble)
                : lanes.Select(static lane => lane.GasMoneyTrouble).FirstOrDefault(static trouble => trouble is not null) is { } refused ? ("healthy", refused.Code, refused.Words)
                : ("healthy", null, null);
            return new ChainHealth(Settings.Network, state, watch.Head?.Number, watch.HeadSeenAt, trouble, code);
        }
    }

    /// <summary>Height of the newest block seen; null before the first.</summary>
    public ulong? Height => watch.Head?.Number;

    /// <summary>The keys that can send; all when none can.</summary>
    public IReadOnlyList<string> SenderAddresses
    {
        get
        {
            string[] able = [.. lanes.Where(lane => lane.Trouble is null).Select(lane => lane.AddressText)];
            return able.Length > 0 ? able : SignerAddresses;
        }
    }

    /// <summary>Whether a payer of a payment that is to go by this key would be given the coins it lacks for its approval.</summary>
    public async Task<GiftVerdict> JudgeGiftAsync(string address, GasNeed need, FeeQuote quote, CancellationToken cancellationToken) =>
        lanes.FirstOrDefault(lane => lane.AddressText == address) is { } lane ? (await lane.JudgeGiftAsync(null, need, quote, cancellationToken)).Verdict : GiftVerdict.Refused;

    /// <summary>Whether this process, and no other, decides for each key and sends with it; in the order of the settings.</summary>
    public IEnumerable<bool> KeysHeld => lanes.Select(static lane => lane.IsOurs);

    /// <summary>Wei that each key gave today, by its number in the settings.</summary>
    public IEnumerable<(int Key, UInt128 Wei)> GasMoneyToday => lanes.Select(static (lane, i) => (i, lane.GasMoneyToday)).Where(static item => item.GasMoneyToday is not null)
        .Select(static item => (item.i, item.GasMoneyToday!.Value));

    public TransactionPen? PenFor(string address) =>
        fees.Quote is { } quote ? lanes.FirstOrDefault(lane => lane.AddressText == address)?.PenAt(quote, watch.BlockGasLimit) : null;

    public void Observe(Signer signer) => lanes.FirstOrDefault(lane => lane.AddressText == signer.Address)?.Observe(signer);

    public void Resolve(Settlement settlement) => resolver.Add(settlement);

    public override void Dispose()
    {
        base.Dispose();
        watch.Dispose();
        holding.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        leases.Changed += Rehold;
        try
        {
            foreach (var lane in lanes)
            {
                leases.Want(lane.Resource);
            }

            await WorkAsync(stoppingToken);
        }
        finally
        {
            leases.Changed -= Rehold;
        }
    }

    private Task WorkAsync(CancellationToken stoppingToken) => Task.WhenAll(
        [FollowAsync(stoppingToken), RepeatedlyAsync(isFollowing: false, resolver.RunAsync, stoppingToken),
            .. lanes.Zip(nonces, (lane, nonceWatch) => KeepHouseAsync(lane, nonceWatch, stoppingToken)),
            .. lanes.Select(lane => RepeatedlyAsync(isFollowing: false, lane.RunAsync, stoppingToken)),
            .. lanes.Select(lane => RepeatedlyAsync(isFollowing: false, lane.GatherAsync, stoppingToken)),
            .. approvals.Select(approval => RepeatedlyAsync(isFollowing: false, approval.RunAsync, stoppingToken))]);

    private Task FollowAsync(CancellationToken stoppingToken) => RepeatedlyAsync(
        isFollowing: true,
        async token =>
        {
            // Each time a key comes or goes, it starts over: what was remembered of that key is another process's, or too old.
            while (!token.IsCancellationRequested)
            {
                using var holdingOn = HoldOn(token);
                try
                {
                    await FollowWhileHeldAsync(holdingOn.Token);
                }
                catch (OperationCanceledException) when (holdingOn.IsCancellationRequested && !token.IsCancellationRequested)
                {
                    LogHolding(Settings.Network, lanes.Count(lane => lane.IsOurs), lanes.Length);
                }
            }
        },
        stoppingToken);

    private async Task FollowWhileHeldAsync(CancellationToken token)
    {
        // The head first, then what is open: a block between the two is seen by one or the other.
        await fees.RefreshAsync(token);
        var from = await watch.StartAsync(token);
        foreach (var lane in lanes)
        {
            await lane.LearnLimitsAsync(token);
        }

        await CatchUpAsync([.. lanes.Where(lane => lane.Hold())], token);
        outage = null;
        LogFollowing(Settings.Network, from.Number);
        await foreach (var step in Chain.FollowAsync(from, token))
        {
            await watch.StepAsync(step, token);
            WakeApprovals();
            outage = null;
            await fees.RefreshAsync(token);
        }
    }

    /// <summary>A key that cannot be taken up is left to its own housekeeping; only when none can, the chain is at fault.</summary>
    private async Task CatchUpAsync(SignerLane[] ours, CancellationToken token)
    {
        foreach (var lane in ours)
        {
            try
            {
                await CatchUpAsync(lane, token);
            }
            catch (Exception e) when (!token.IsCancellationRequested && (lane != ours[^1] || ours.Any(static one => one.IsCaughtUp)))
            {
                lane.FallBehind(e);
            }
        }
    }

    private async Task CatchUpAsync(SignerLane lane, CancellationToken token)
    {
        var holding = lane.Holding;
        await lane.SyncAsync(token);
        await watch.CheckOpenAsync(lane, token);
        lane.CatchUp(holding);
    }

    private void WakeApprovals()
    {
        foreach (var lane in lanes)
        {
            lane.WakeApprovals();
        }
    }

    private CancellationTokenSource HoldOn(CancellationToken token)
    {
        lock (lanesGate)
        {
            holding.Dispose();
            holding = new CancellationTokenSource();
            return CancellationTokenSource.CreateLinkedTokenSource(token, holding.Token);
        }
    }

    private void Rehold()
    {
        lock (lanesGate)
        {
            _ = holding.CancelAsync();
        }
    }

    /// <summary>Each key by itself: what goes wrong with one is nothing to the others.</summary>
    private Task KeepHouseAsync(SignerLane lane, NonceWatch nonceWatch, CancellationToken stoppingToken) => RepeatedlyAsync(
        isFollowing: false,
        async token =>
        {
            using var timer = new PeriodicTimer(HousekeepingPeriod, clock);
            while (await timer.WaitForNextTickAsync(token))
            {
                await fees.RefreshAsync(token);
                if (!lane.IsOurs)
                {
                    continue;
                }

                lane.WakeApprovals();
                await lane.RepeatAsync(token);
                if (lane.IsBehind)
                {
                    await CatchUpAsync(lane, token);
                }

                if (watch.Head is { } head)
                {
                    await watch.AskAgainAsync(lane, await nonceWatch.LookAsync(head.Number, token), token);
                }

                if (lane.Newest is { Synced: false } or { Waiting.IsEmpty: false })
                {
                    await lane.SyncAsync(token);
                }
                else
                {
                    // What was decided and given up, and was written all the same, shows itself to nobody.
                    await lane.Grain.WakeAsync();
                }
            }
        },
        stoppingToken);

    /// <summary>A failed node or store never ends a loop: the loop starts over from what is durable, later and later up to ten seconds for a node and one for the store.</summary>
    private async Task RepeatedlyAsync(bool isFollowing, Func<CancellationToken, Task> run, CancellationToken stoppingToken)
    {
        var pause = PauseMin;
        while (!stoppingToken.IsCancellationRequested)
        {
            var pauseMax = PauseMax;
            var startedAt = clock.GetTimestamp();
            try
            {
                await run(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (ChainUnavailableException e)
            {
                outage = isFollowing ? $"{Settings.Network} does not answer: {e.Message}" : outage;
                LogOutage(Settings.Network, e.Message);
            }
            catch (StoreUnavailableException e)
            {
                pauseMax = StorePauseMax;
                outage = isFollowing ? $"{Settings.Network} could not be worked: {e.Message}" : outage;
                LogStore(Settings.Network, e.Message);
            }
            catch (Exception e)
            {
                outage = isFollowing ? $"{Settings.Network} could not be worked: {e.Message}" : outage;
                LogFault(e, Settings.Network);
            }

            var ranWell = clock.GetElapsedTime(startedAt) > PauseMax;
            pause = ranWell ? PauseMin : pause * 2 < pauseMax ? pause * 2 : pauseMax;
            await Task.Delay(pause, clock, stoppingToken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    [LoggerMessage(EventId = 1310, Level = LogLevel.Information, Message = "Following {Network} from block {Block}.")]
    private partial void LogFollowing(string network, ulong block);

    [LoggerMessage(EventId = 1316, Level = LogLevel.Information, Message = "{Network} has {Held} of {Keys} signer keys in this process.")]
    private partial void LogHolding(string network, int held, int keys);

    [LoggerMessage(EventId = 1311, Level = LogLevel.Warning, Message = "{Network} does not answer: {Words}")]
    private partial void LogOutage(string network, string words);

    [LoggerMessage(EventId = 1323, Level = LogLevel.Warning, Message = "Work on {Network} could not be noted and starts over: {Words}")]
    private partial void LogStore(string network, string words);

    [LoggerMessage(EventId = 1312, Level = LogLevel.Error, Message = "Work on {Network} failed and starts over.")]
    private partial void LogFault(Exception exception, string network);
}
