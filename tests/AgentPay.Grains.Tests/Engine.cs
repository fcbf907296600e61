using System.Globalization;
using AgentPay.Chains.Evm;
using AgentPay.Chains.Evm.Simulated;
using AgentPay.Domain.Books;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Books;
using AgentPay.Grains.Chains;
using AgentPay.Grains.Facilitator;
using AgentPay.Grains.Journal;
using AgentPay.Grains.Messages;
using AgentPay.Grains.Tests.Replays;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Sqlite;
using AgentPay.Testing;
using AgentPay.X402;
using AgentPay.X402.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Grains.Tests;

/// <summary>The engine without its front end: real grains, a real SQLite file or PostgreSQL database, a chain in memory, a clock the test moves.</summary>
internal sealed class Engine : IAsyncDisposable
{
    public const int FinalityDepth = 5;
    public const ulong Price = 1000;

    public static readonly Address Merchant = Address.Parse("0x00000000000000000000000000000000000000bb");
    private const string MemoryFolder = "/dev/shm";
    private const int ReplayPausesMax = 10_000;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    /// <summary>So long a key can be in doubt at most where its lease is of the real time.</summary>
    private static readonly TimeSpan DoubtMax = TimeSpan.FromSeconds(2.5);

    // Memory where there is some: what these tests prove of the engine does not rest on a disk, and a thousand histories do not wait for one.
    private readonly Lazy<string> folder = new(static () => Directory.Exists(MemoryFolder)
        ? Directory.CreateDirectory(Path.Combine(MemoryFolder, $"agentpay-grains-{Path.GetRandomFileName()}")).FullName
        : Directory.CreateTempSubdirectory("agentpay-grains-").FullName);
    private readonly EvmSigner gasKey = EvmSigner.Parse("0000000000000000000000000000000000000000000000000000000000000a11");
    private readonly EvmSigner secondGasKey = EvmSigner.Parse("0000000000000000000000000000000000000000000000000000000000000a12");
    private string? database;
    private Replay? replay;
    private IAtomicStore? stored;
    private ITestHost host = null!;
    private ILoggerProvider? log;
    private Action<SimulatedEvmChain, Address>? history;
    private int lives;
    private int payments;

    public SimulatedToken Usdc { get; } = new(Address.Parse("0x00000000000000000000000000000000000000c0"), "USDC", "2");

    public SimulatedEvmChain Chain { get; private set; } = null!;

    public TestStore Store { get; private set; } = null!;

    /// <summary>How far the calls of grains have come since the last start.</summary>
    public FirstTurns Turns { get; private set; } = new();

    /// <summary>The next start reads what messages were left when this is done.</summary>
    public Task MessagesReadable { get; set; } = Task.CompletedTask;

    /// <summary>The next start does this between the two reads that load a grain with records.</summary>
    public Func<GrainRef, Task> BeforeRecords { get; set; } = _ => Task.CompletedTask;

    public IGrainFactory Grains => host.Grains;

    public IFacilitator Facilitator => host.Services.GetRequiredService<IFacilitator>();

    public IServiceProvider Services => host.Services;

    public ChainDesk Desk => Services.GetRequiredService<ChainDesk>();

    public ManualTimeProvider Clock => host.Clock!;

    public Address Gas => gasKey.Address;

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<Engine> StartAsync(
        int confirmations = 1, int settleWaitSeconds = 60, bool canShare = false, SendingSettings? sending = null, ILoggerProvider? log = null,
        int safeDepth = 0, int finalityDepth = FinalityDepth, bool hasTwoKeys = false, Action<SimulatedEvmChain, Address>? history = null, Replay? replay = null)
    {
        var engine = new Engine { log = log, history = history, replay = replay, database = replay is null ? await PostgresIfChosen.AddDatabaseAsync() : null };
        engine.host = await TestHosts.StartAsync(services => engine.Configure(
            services, confirmations, settleWaitSeconds, canShare, sending ?? new SendingSettings(), safeDepth, finalityDepth, hasTwoKeys), typeof(IJournal<>).Assembly);
        await engine.ReadyAsync();

        // A message of a first payment would wait for the next reading, and that for the clock of the test.
        var messages = engine.Services.GetServices<IHostedService>().OfType<MessageDispatcher>().Single();
        await engine.UntilAsync(() => messages.HasReadWhatWasLeft);
        return engine;
    }

    /// <summary>Kills the engine with all it has in hand and starts it again on the same file and chain.</summary>
    public async Task KillAsync(bool timePasses = false)
    {
        var (oldServices, oldStore) = (host.Services.GetServices<IHostedService>().ToArray(), Store);
        await oldStore.KillAsync();
        await Task.WhenAll(oldServices.OfType<BackgroundService>().Select(service => service.StopAsync(new CancellationToken(canceled: true))));
        await host.KillAsync();
        await ReadyAsync(timePasses);
    }

    /// <summary>A signed payment of a payer who has exactly its price.</summary>
    public Payment Pay(TimeSpan? lifetime = null, ulong balance = Price, ulong price = Price) => PayAs(++payments, lifetime, balance, price);

    /// <summary>A signed payment of the payer of this number, who is given more to spend.</summary>
    public Payment PayAs(int number, TimeSpan? lifetime = null, ulong balance = Price, ulong price = Price)
    {
        payments++;
        using var payer = EvmSigner.Parse((number + 0x100000).ToString("x64", CultureInfo.InvariantCulture));
        Chain.Mint(Usdc.Address, payer.Address, balance);
        var end = (Clock.GetUtcNow() + (lifetime ?? TimeSpan.FromMinutes(10))).ToUnixTimeSeconds();
        var transfer = new Eip3009Transfer(
            Usdc.Address, Usdc.Name, Usdc.Version, payer.Address, Merchant, price, UInt256.Zero, (ulong)end, Eip712.HashText($"nonce {payments}"), default);
        return new Payment(transfer with { Signature = payer.SignDigest(Eip3009.Digest(transfer, Chain.ChainId)).ToArray() }, Chain.Network);
    }

    public Task<SettleAnswer> SettleAsync(Payment payment, string? key = null) => Facilitator.SettleAsync(payment.Payload, payment.Requirements, key, Stop);

    /// <summary>Settles and waits for the answer, as <see cref="UntilAsync(Func{bool}, bool)"/> waits.</summary>
    public Task<SettleAnswer> AnswerAsync(Payment payment, string? key = null) => AnswerAsync(SettleAsync(payment, key));

    /// <summary>Waits for what was asked, as <see cref="UntilAsync(Func{bool}, bool)"/> waits: a bare await would be for ever where time has to pass, and end with nobody's name.</summary>
    public async Task<T> AnswerAsync<T>(Task<T> asked)
    {
        await UntilAsync(() => asked.IsCompleted);
        return await asked;
    }

    /// <summary>The same of several.</summary>
    public Task<T[]> AnswersAsync<T>(IEnumerable<Task<T>> asked) => AnswerAsync(Task.WhenAll(asked));

    public async Task<Settlement?> ReadAsync(Payment payment) =>
        await stored!.ReadAsync(payment.Grain, Stop) is { } row ? StoredForms.Settlements.Read(row.State.Span, []) : null;

    public async Task<SettlementStatus?> StatusAsync(Payment payment) => (await ReadAsync(payment))?.Status;

    public async Task<string[]> EventsAsync(Payment payment) => [.. (await stored!.ReadObjectEventsAsync(payment.Id, Stop)).Select(entry => entry.Type)];

    /// <summary>Another process on the same store decides for a signer.</summary>
    public async Task DecideElsewhereAsync(GrainRef grain, Func<Signer, Outcome<Signer>> decide)
    {
        var row = (await stored!.ReadAsync(grain, Stop))!;
        var records = await stored.ReadRecordsAsync(grain, Stop);
        var outcome = decide(StoredForms.Signers.Read(row.State.Span, records));
        var written = await stored.CommitAsync(new Commit
        {
            Grain = grain,
            ExpectedVersion = row.Version,
            State = StoredForms.Signers.Write(outcome.State!),
            Status = StoredForms.Signers.StatusOf(outcome.State!),
            DecidedAt = Clock.GetUtcNow(),
            Records = outcome.Effects.Records,
        });
        Assert.Equal(CommitStatus.Committed, written.Status);
    }

    /// <summary>Another process on the same store decides for a settlement.</summary>
    public async Task DecideElsewhereAsync(GrainRef grain, params SettlementCommand[] commands)
    {
        foreach (var command in commands)
        {
            var row = await stored!.ReadAsync(grain, Stop);
            var outcome = Settlement.Decide(row is null ? null : StoredForms.Settlements.Read(row.State.Span, []), command, Clock.GetUtcNow());
            var written = await stored.CommitAsync(new Commit
            {
                Grain = grain,
                ExpectedVersion = row?.Version ?? 0,
                State = StoredForms.Settlements.Write(outcome.State!),
                Status = StoredForms.Settlements.StatusOf(outcome.State!),
                DecidedAt = Clock.GetUtcNow(),
            });
            Assert.Equal(CommitStatus.Committed, written.Status);
        }
    }

    public Task<IReadOnlyList<StoredEvent>> ObjectEventsAsync(Payment payment) => stored!.ReadObjectEventsAsync(payment.Id, Stop).AsTask();

    public Task<IReadOnlyList<StoredEvent>> AccountEventsAsync(string account, long after) => stored!.ReadEventsAsync(account, after, 1000, Stop).AsTask();

    public Task<Int128> LedgerBalanceAsync(Address account) => stored!.ReadBalanceAsync($"chain:{Chain.Network}:{account}", $"{Chain.Network}/erc20:{Usdc.Address}", Stop).AsTask();

    public async Task<string[]> LedgerAsync(Payment payment) => [.. (await stored!.ReadTransfersAsync(payment.Grain, Stop)).Select(row => row.Transfer.Reason)];

    public async Task<Signer> SignerAsync() =>
        await Grains.GetGrain<Grains.Signers.ISignerGrain>(SignerId.KeyFor(Chain.Network, gasKey.Address.ToString())).WakeAsync();

    public ulong PaidTo(Address account) => Chain.BalanceOf(Usdc.Address, account).TryToUInt64(out var atoms) ? atoms : throw new OverflowException();

    /// <summary>What the ledger's rows say an account of the book holds.</summary>
    public async Task<long> BookedAsync(string account) => (long)await stored!.ReadBalanceAsync(BookAccounts.LedgerName(Book.OperatorsKey, account), "book:credits", Stop);

    /// <summary>The ledger rows the book wrote.</summary>
    public async Task<IReadOnlyList<StoredTransfer>> BookRowsAsync() => await stored!.ReadTransfersAsync(new GrainRef(Book.GrainType, Book.OperatorsKey), Stop);

    /// <summary>Each asset's postings sum to zero.</summary>
    public async Task AssertLedgerSumsToZeroAsync() => Assert.All(await stored!.ReadLedgerTotalsAsync(Stop), total => Assert.Equal(Int128.Zero, total.PostingSum));

    /// <summary>The ledger sums to zero and says what the merchant has on the chain.</summary>
    public async Task AssertLedgerShowsTheChainAsync()
    {
        Assert.All(await stored!.ReadLedgerTotalsAsync(Stop), total => Assert.Equal(Int128.Zero, total.PostingSum));
        var balance = await stored.ReadBalanceAsync($"chain:{Chain.Network}:{Merchant}", $"{Chain.Network}/erc20:{Usdc.Address}", Stop);
        Assert.Equal(PaidTo(Merchant), (ulong)balance);
    }

    /// <summary>
    /// Whether nothing is under way: no call, no commit, no message. A caller who was told that nobody knows may have left a reservation on its way into the
    /// database, and a payment that is not there yet looks like one that never will be.
    /// </summary>
    public async Task<bool> IsIdleAsync() =>
        Turns.WhenNoneIsUnderWay is { } calls && !Store.HasCommitsUnderWay
        && (await stored!.ReadWaitingMessagesAsync(DateTimeOffset.MaxValue, 1, Stop)).Count == 0 && Turns.WhenNoneIsUnderWay == calls;

    /// <summary>
    /// Lets everything run until this holds; time passes only where the condition needs it, and not while a commit is with the database: it would be minutes by
    /// the test's clock on a busy machine. On PostgreSQL it also passes after a while: a key whose lease was in doubt for a moment of the real time is tried
    /// again after a pause of the test's time.
    /// </summary>
    public async Task UntilAsync(Func<Task<bool>> condition, bool timePasses = false)
    {
        if (replay is not null)
        {
            await UntilAsync(condition, replay, timePasses);
            return;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        var startedAt = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if ((timePasses || (database is not null && TimeProvider.System.GetElapsedTime(startedAt) > DoubtMax)) && !Store.IsWriting)
            {
                Clock.Advance(Tick);
            }

            Assert.False(patience.IsCancellationRequested, Stop.IsCancellationRequested ? "The run ends." : await EngineReport.WriteAsync(this, stored!));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>The same without real time: whoever waits for ever has waited for so many turns.</summary>
    private async Task UntilAsync(Func<Task<bool>> condition, Replay replay, bool timePasses)
    {
        for (var left = ReplayPausesMax; !await condition(); left--)
        {
            Assert.True(left > 0, "What was waited for never came.");
            if (timePasses && !Store.IsWriting)
            {
                Clock.Advance(Tick);
            }

            await replay.PauseAsync();
        }
    }

    public Task UntilAsync(Func<bool> condition, bool timePasses = false) => UntilAsync(() => Task.FromResult(condition()), timePasses);

    public Task UntilAsync(Payment payment, SettlementStatus status, bool timePasses = false) =>
        UntilAsync(async () => await StatusAsync(payment) == status, timePasses);

    /// <summary>Its row says so and the node has it, whichever comes first: nothing more happens by itself before a block.</summary>
    public Task UntilSentAsync(Payment payment) =>
        UntilAsync(async () => await ReadAsync(payment) is { Status: SettlementStatus.Submitted, Transaction: { } hash } && Chain.Pool.Any(waiting => waiting.ToString() == hash));

    public async ValueTask DisposeAsync()
    {
        Store.Release();
        Store.IsDown = false;
        await host.DisposeAsync();
        await stored!.DisposeAsync();
        gasKey.Dispose();
        secondGasKey.Dispose();
        if (folder.IsValueCreated)
        {
            Directory.Delete(folder.Value, recursive: true);
        }

        await PostgresIfChosen.DropDatabaseAsync(database);
    }

    private void Configure(IServiceCollection services, int confirmations, int settleWaitSeconds, bool canShare, SendingSettings sending, int safeDepth, int finalityDepth, bool hasTwoKeys)
    {
        services.AddLogging(logging =>
        {
            if (log is not null)
            {
                logging.AddProvider(log);
            }
        });
        services.AddSingleton(provider => MakeStore(provider.GetRequiredService<TimeProvider>()));
        if (database is null)
        {
            services.AddSingleton(new ProcessIdentity(new OneProcess($"process-{++lives}")));
        }
        else
        {
            AddProcess(services);
        }

        services.AddSingleton<IAtomicStore>(provider => provider.GetRequiredService<TestStore>());
        services.AddSingleton<IIncomingGrainCallFilter>(Turns = new FirstTurns());
        services.AddAgentPayGrains();
        services.Configure<FacilitatorSettings>(settings => settings.SettleWaitSeconds = settleWaitSeconds);
        services.Configure<BookSettings>(settings => settings.Assets.Add(new BookAssetSettings { Code = "credits", Issuer = "mint" }));
        var token = new TokenSettings(Usdc.Address.ToString(), "USDC", Usdc.Name, Usdc.Version, 6);
        services.AddEvmChain(
            new ChainSettings("eip155:84532", confirmations, finalityDepth, [token]) { Sending = sending, SafeDepth = safeDepth },
            provider =>
            {
                Chain ??= MakeChain(provider.GetRequiredService<TimeProvider>(), canShare);
                return replay?.Far(Chain) ?? Chain;
            },
            hasTwoKeys ? [gasKey, secondGasKey] : [gasKey]);
    }

    /// <summary>What the process is on a database that others may open: what it has to itself, it has by lease.</summary>
    private void AddProcess(IServiceCollection services)
    {
        services.AddSingleton(provider => Postgres(provider).Neighbours);
        services.AddSingleton(provider => Postgres(provider).Leases);
        services.AddSingleton(provider => new ProcessIdentity(provider.GetRequiredService<INeighbours>()));

        PostgresAtomicStore Postgres(IServiceProvider provider)
        {
            _ = provider.GetRequiredService<TestStore>();
            return (PostgresAtomicStore)stored!;
        }
    }

    private SimulatedEvmChain MakeChain(TimeProvider clock, bool canShare)
    {
        var chain = new SimulatedEvmChain(84532, [Usdc], clock) { HasMulticall3 = canShare };
        history?.Invoke(chain, Gas);
        return chain;
    }

    private TestStore MakeStore(TimeProvider clock)
    {
        stored ??= replay is not null ? replay.OpenStore()
            : database is null ? SqliteAtomicStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder.Value, "agentpay.db") }, clock, NullLogger<SqliteAtomicStore>.Instance)
            : OpenPostgres(database);
        return Store = new TestStore(stored) { MessagesReadable = MessagesReadable, BeforeRecords = BeforeRecords };
    }

    /// <summary>
    /// Two grains' commits go to two writers, however few there are. Leases and claims are of the real time, as the database's own clock cannot be moved: what a killed
    /// process had claimed must not keep these tests waiting.
    /// </summary>
    private static PostgresAtomicStore OpenPostgres(string database) => PostgresAtomicStore.Open(
        new PostgresStoreOptions { ConnectionString = database, ConnectionsMax = 6, SpreadAbove = 0, DueClaim = TimeSpan.FromMilliseconds(100) },
        TimeProvider.System,
        NullLogger<PostgresAtomicStore>.Instance);

    private async Task ReadyAsync(bool timePasses = false)
    {
        _ = Facilitator;
        await UntilAsync(() => Desk.Health.All(chain => chain.State != "halted") || !Chain.IsAvailable || Chain.HidesReceipts, timePasses);
        var leases = Services.GetRequiredService<ILeases>();
        await UntilAsync(() => leases.Find(SignerId.KeyFor(Chain.Network, Gas.ToString())) is not null, timePasses);
    }
}

/// <summary>A payment as its buyer sends it.</summary>
internal sealed record Payment(Eip3009Transfer Transfer, string Network)
{
    public string Id => SettlementId.Of(Network, "eip3009", Transfer.Token.ToString(), Transfer.From.ToString(), Transfer.Nonce.ToString());

    public GrainRef Grain => new(SettlementId.GrainType, Id);

    public PaymentRequirements Requirements => new()
    {
        Scheme = "exact",
        Network = Network,
        NetworkAsSent = Network,
        Amount = Transfer.Value.ToString(),
        Asset = Transfer.Token.ToString(),
        PayTo = Transfer.To.ToString(),
        MaxTimeoutSeconds = 60,
        Extra = RequirementsExtra.ForEip712Domain(Transfer.DomainName, Transfer.DomainVersion),
    };

    public PaymentPayload Payload => new()
    {
        Version = X402Version.V2,
        Scheme = "exact",
        Network = Network,
        NetworkAsSent = Network,
        Accepted = Requirements,
        Authorization = new TransferAuthorization(
            "0x" + Convert.ToHexStringLower(Transfer.Signature.Span), Transfer.From.ToString(), Transfer.To.ToString(), Transfer.Value.ToString(),
            Transfer.ValidAfter.ToString(), Transfer.ValidBefore.ToString(), Transfer.Nonce.ToString()),
    };
}
