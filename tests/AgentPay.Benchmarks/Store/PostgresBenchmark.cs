using AgentPay.Benchmarks.Load;
using AgentPay.Benchmarks.Reports;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Postgres.Writing;
using AgentPay.Storage.Tests.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace AgentPay.Benchmarks.Store;

/// <summary>
/// Durable decisions a second on PostgreSQL with its default settings, each of one state row, one ledger row with both legs and one event, beside a bare writer of the
/// same rows and beside one-row commits, in turn in one run. Option <c>--only decisions|bare|hot|rows</c> runs one load alone, for a profiler.
/// </summary>
internal static class PostgresBenchmark
{
    private const int Grains = 10_000;

    public static async Task RunAsync(string[] arguments)
    {
        var options = new Options(arguments);
        var (rounds, duration) = (options.Number("rounds", 3), TimeSpan.FromSeconds(options.Number("seconds", 3)));
        int[] callers = options.Number("callers", 0) is > 0 and var only ? [only] : [1, 16, 128, 1_024];
        var report = new Report("store", "Store: durable decisions a second on PostgreSQL", arguments.Contains("--as") ? arguments : [.. arguments, "--as", "store-postgres"]);
        await using var postgres = new PrivatePostgres();
        await postgres.InitializeAsync();
        await RecycleLogAsync(postgres);
        var version = await postgres.ExecuteAsync("SELECT current_setting('server_version') || ', synchronous_commit ' || current_setting('synchronous_commit')");
        await using (var measured = await PostgresMeasured.StartAsync(postgres, await postgres.AddSchemaAsync(), await postgres.AddSchemaAsync(), Grains))
        {
            foreach (var count in callers)
            {
                await measured.RunAsync(count, rounds, duration, options.Text("only"));
            }

            report.Line($"- PostgreSQL {version}, log files recycled (min_wal_size 1GB), else as installed; its processes, the store and the callers share the cores");
            report.Line();
            await measured.WriteAsync(report, rounds, duration);
        }

        await report.SaveAsync();
    }

    /// <summary>
    /// A server that has run for a while writes its log into files it used before. A new one makes each file anew, zeros it and syncs that, in the
    /// middle of some COMMIT: none of our loads, and gone after the first gigabyte. So that gigabyte is written before.
    /// </summary>
    private static async Task RecycleLogAsync(PrivatePostgres postgres)
    {
        _ = await postgres.ExecuteAsync("ALTER SYSTEM SET min_wal_size = '1GB'");
        _ = await postgres.ExecuteAsync("SELECT pg_reload_conf()");
        for (var written = 0; written < 64; written++)
        {
            _ = await postgres.ExecuteAsync("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 16000000))");
        }

        _ = await postgres.ExecuteAsync("CHECKPOINT");
    }
}

/// <summary>The loads, and what was written by them.</summary>
internal sealed class PostgresMeasured : IAsyncDisposable
{
    private const int RowConnections = 32;

    private readonly PrivatePostgres _postgres;
    private readonly PostgresAtomicStore _store;
    private readonly BareWriter[] _bare;
    private readonly long[] _bareRows;
    private readonly WriterLanes _bareLanes = new(2, spreadAbove: 256);
    private readonly NpgsqlDataSource _rows;
    private readonly SemaphoreSlim _rowTurns = new(RowConnections, RowConnections);
    private readonly long[] _versions;
    private readonly long[] _bareVersions;
    private readonly object _hotTurn = new();
    private readonly List<IReadOnlyList<string>> _ratios = [];
    private readonly List<IReadOnlyList<string>> _figures = [];
    private long _hotVersion;
    private long _rowCommits;

    private PostgresMeasured(PrivatePostgres postgres, PostgresAtomicStore store, string bareSchema, long[] bareRows)
    {
        var grains = bareRows.Length;
        _bareRows = bareRows;
        _postgres = postgres;
        _store = store;
        _bare = [new BareWriter(bareSchema, 1), new BareWriter(bareSchema, 2)];
        _rows = NpgsqlDataSource.Create($"{bareSchema};Max Auto Prepare=8;Auto Prepare Min Usages=2;Maximum Pool Size={RowConnections};No Reset On Close=true");
        _versions = new long[grains];
        _bareVersions = new long[grains];
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static async Task<PostgresMeasured> StartAsync(PrivatePostgres postgres, string schema, string bareSchema, int grains)
    {
        var store = await OpenAsync(schema);
        var measured = new PostgresMeasured(postgres, store, bareSchema, await PrepareAsync(bareSchema, grains));
        await Task.WhenAll(Enumerable.Range(0, grains).Select(measured.DecideAsync));
        await measured.DecideHotAsync();
        return measured;
    }

    public async Task RunAsync(int callers, int rounds, TimeSpan duration, string? only = null)
    {
        (string Name, string Load, Func<int, int, Task> Act, List<CostedRate> Rates)[] loads =
        [
            ("decisions", "decisions, 10,000 grains", (caller, n) => DecideAsync(GrainOf(caller, n, callers)), []),
            ("bare", "bare writer of the same rows", (caller, n) => BareAsync(GrainOf(caller, n, callers)), []),
            ("hot", "decisions, one hot grain", (_, _) => DecideHotAsync(), []),
            ("rows", "one-row UPDATE, a commit each", (caller, n) => RowAsync(GrainOf(caller, n, callers)), []),
        ];
        loads = [.. loads.Where(load => only is null || load.Name == only)];
        for (var round = 0; round < rounds; round++)
        {
            foreach (var load in loads)
            {
                load.Rates.Add(await LoadAsync(callers, duration, load.Act));
                Console.Error.WriteLine($"{callers} callers: {load.Load} {load.Rates[^1]}");
            }
        }

        if (only is null)
        {
            _ratios.Add([$"{callers}", Ratio(loads[0].Rates, loads[1].Rates), Ratio(loads[0].Rates, loads[3].Rates), Ratio(loads[2].Rates, loads[0].Rates)]);
        }

        _figures.AddRange(loads.Select(load => Figures(load.Load, callers, load.Rates)));
    }

    public async Task WriteAsync(Report report, int rounds, TimeSpan duration)
    {
        report.Line("## Ratios");
        report.Line();
        report.Table(["callers", "decisions : bare writer", "decisions : one-row commits", "one hot grain : 10,000 grains"], _ratios);
        report.Line("## Figures");
        report.Line();
        report.Line($"The loads in turn, {rounds} rounds of {duration.TotalSeconds:0} s, median. A decision counts when it is durable; a caller waits for it before it makes the next. "
            + $"About 170 bytes of state, as many of event. The bare writer checks no version, takes no numbers and looks after no outcome; the one-row commits go over at most {RowConnections} connections, each statement prepared.");
        report.Line();
        report.Table(["load", "callers", "per second", "p50 ms", "p99 ms", "CPU µs, store and callers", "CPU µs, database"], _figures);
        report.Line("## Read back");
        report.Line();
        report.Line(await ReadBackAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Array.ForEach(_bare, writer => writer.Dispose());
        await _rows.DisposeAsync();
        await _store.DisposeAsync();
        _rowTurns.Dispose();
    }

    private static Task<PostgresAtomicStore> OpenAsync(string schema) => PostgresAtomicStore.OpenAsync(
        new PostgresStoreOptions { ConnectionString = schema }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);

    /// <summary>The same tables with the same rows in them, made by the store; the rows' numbers.</summary>
    private static async Task<long[]> PrepareAsync(string schema, int grains)
    {
        await using var store = await OpenAsync(schema);
        await Task.WhenAll(Enumerable.Range(0, grains).Select(grain => store.CommitAsync(StoreLoad.SmallWallet(grain, 0, Now) with { Transfers = [], Events = [] })));
        await using var connection = new NpgsqlConnection(schema + ";Pooling=false");
        await connection.OpenAsync();
        await using var select = new NpgsqlCommand("SELECT array_agg(id ORDER BY key) FROM grains", connection);
        return (long[])(await select.ExecuteScalarAsync())!;
    }

    private async Task<CostedRate> LoadAsync(int callers, TimeSpan duration, Func<int, int, Task> act)
    {
        var (own, database) = (CpuClock.SecondsOf(Environment.ProcessId), await DatabaseSecondsAsync());
        var rate = await StoreLoad.RunAsync(callers, duration, act);
        var (ownAfter, databaseAfter) = (CpuClock.SecondsOf(Environment.ProcessId), await DatabaseSecondsAsync());
        return new CostedRate(rate.PerSecond, rate.P50, rate.P99, (ownAfter - own) * 1e6 / rate.Commits, (databaseAfter - database) * 1e6 / rate.Commits);
    }

    /// <summary>The server's processes that live as long as the run: those of its connections, and those that write and sync.</summary>
    private async Task<double> DatabaseSecondsAsync()
    {
        var processes = (string)(await _postgres.ExecuteAsync("SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))!;
        return processes.Split(',').Sum(process => CpuClock.SecondsOf(int.Parse(process, System.Globalization.CultureInfo.InvariantCulture)));
    }

    private int GrainOf(int caller, int n, int callers) => (int)((caller + ((long)n * callers)) % (_versions.Length / callers * callers));

    private async Task DecideAsync(int grain)
    {
        Expect(await _store.CommitAsync(StoreLoad.SmallWallet(grain, _versions[grain], Now)));
        _versions[grain]++;
    }

    /// <summary>As a grain does it: it decides on its newest version before that is durable.</summary>
    private async Task DecideHotAsync()
    {
        Task<CommitResult> committed;
        lock (_hotTurn)
        {
            committed = _store.CommitAsync(StoreLoad.SmallWallet(_versions.Length, _hotVersion++, Now));
        }

        Expect(await committed);
    }

    private async Task BareAsync(int grain)
    {
        var commit = StoreLoad.SmallWallet(grain, 1 + _bareVersions[grain]++, Now);
        var lane = _bareLanes.Enter(commit.Grain.Key);
        await _bare[lane.Writer].WriteAsync(_bareRows[grain], commit);
        lane.Leave();
    }

    private async Task RowAsync(int grain)
    {
        await _rowTurns.WaitAsync();
        try
        {
            var commit = StoreLoad.SmallWallet(grain, 0, Now);
            await using var update = _rows.CreateCommand("UPDATE grains SET version = version + 1, updated_at = $3, state = $4 WHERE type = $1 AND key = $2");
            update.Parameters.Add(new NpgsqlParameter<string> { TypedValue = commit.Grain.Type });
            update.Parameters.Add(new NpgsqlParameter<string> { TypedValue = commit.Grain.Key });
            update.Parameters.Add(new NpgsqlParameter<long> { TypedValue = commit.DecidedAt.ToUnixTimeMilliseconds() });
            update.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = commit.State });
            Invariant.That(await update.ExecuteNonQueryAsync() == 1, "The row is there.");
            _ = Interlocked.Increment(ref _rowCommits);
        }
        finally
        {
            _ = _rowTurns.Release();
        }
    }

    private async Task<string> ReadBackAsync()
    {
        var wrong = 0;
        foreach (var chunk in Enumerable.Range(0, _versions.Length + 1).Chunk(1_000))
        {
            var found = await _store.ReadVersionsAsync([.. chunk.Select(grain => StoreLoad.SmallWallet(grain, 0, Now).Grain)], CancellationToken.None);
            wrong += chunk.Where((grain, place) => found[place] != (grain == _versions.Length ? _hotVersion : _versions[grain])).Count();
        }

        var total = (await _store.ReadLedgerTotalsAsync(CancellationToken.None)).Single();
        var gaps = 0;
        for (var account = 0; account < 100; account++)
        {
            for (var last = 0L; await _store.ReadEventsAsync($"acct_{account}", last, 20_000, CancellationToken.None) is { Count: > 0 } page; last = page[^1].Sequence)
            {
                gaps += page.Where((entry, place) => entry.Sequence != last + place + 1).Count();
            }
        }

        await using var count = _rows.CreateCommand("SELECT count(*) FROM transfers");
        var bare = (long)(await count.ExecuteScalarAsync())!;
        return $"""
            - decisions acknowledged {_versions.Sum() + _hotVersion}, ledger rows {total.Transfers}, sum of all postings {total.PostingSum}; grains with another version than acknowledged: {wrong}; gaps in the event logs: {gaps}
            - bare writer acknowledged {_bareVersions.Sum()}, ledger rows {bare}; one-row commits acknowledged {_rowCommits}
            """;
    }

    private static void Expect(CommitResult result) => Invariant.That(result.Status == CommitStatus.Committed, "Nobody else writes these grains.");

    private static string Ratio(List<CostedRate> rates, List<CostedRate> baseline) =>
        $"**{Report.Number(Report.Median(rates.Select(rate => rate.PerSecond)) / Report.Median(baseline.Select(rate => rate.PerSecond)))}**";

    private static string[] Figures(string load, int callers, List<CostedRate> rates) =>
    [
        load, $"{callers}", Report.Number(Report.Median(rates.Select(rate => rate.PerSecond))),
        Report.Number(Report.Median(rates.Select(rate => rate.P50))), Report.Number(Report.Median(rates.Select(rate => rate.P99))),
        Report.Number(Report.Median(rates.Select(rate => rate.OwnMicroseconds))), Report.Number(Report.Median(rates.Select(rate => rate.DatabaseMicroseconds))),
    ];
}

/// <summary>A rate, and what one of it cost in CPU time.</summary>
internal sealed record CostedRate(double PerSecond, double P50, double P99, double OwnMicroseconds, double DatabaseMicroseconds);
