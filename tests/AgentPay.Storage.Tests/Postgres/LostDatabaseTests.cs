using System.Collections.Concurrent;
using System.Diagnostics;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Tests.Contract;
using AgentPay.Storage.Tests.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Storage.Tests.Postgres;

public sealed class LostDatabaseTests
{
    private static readonly TimeSpan _refusalMax = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_half_there_when_connections_and_then_the_server_are_killed()
    {
        var postgres = new PrivatePostgres();
        await using (postgres)
        {
            await postgres.InitializeAsync();
            var schema = await postgres.AddSchemaAsync();
            using var load = new Load();
            await using var store = await OpenAsync(schema);
            load.Start(store);
            for (var kills = 1; kills <= 8; kills++)
            {
                await load.ReachAsync(kills * 200);
                _ = await postgres.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'agentpay'");
            }

            for (var kills = 1; kills <= 2; kills++)
            {
                await load.ReachAsync(load.Count + 300);
                await postgres.KillAsync();
                await postgres.StartAsync();
            }

            await load.ReachAsync(load.Count + 300);
            await load.StopAsync();
            await load.AssertWholeAsync(store);
        }
    }

    [Fact]
    public async Task While_the_database_is_down_writes_and_reads_are_refused_within_a_second_and_go_on_when_it_is_back()
    {
        var postgres = new PrivatePostgres();
        await using (postgres)
        {
            await postgres.InitializeAsync();
            await using var store = await OpenAsync(await postgres.AddSchemaAsync());
            Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("w"))).Status);
            await postgres.KillAsync();

            for (var attempt = 0; attempt < 3; attempt++)
            {
                var since = Stopwatch.GetTimestamp();
                await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(Some.Commit("w", 1)));
                await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ReadAsync(Some.Grain("w"), Cancel));
                Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.Zero, _refusalMax);
            }

            Assert.NotNull(store.LastWriteFailure);
            await postgres.StartAsync();

            // Nobody writes: the store itself notices that the database is back.
            while (store.LastWriteFailure is not null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
            }

            Assert.Equal(new CommitResult(CommitStatus.Committed, 2), await store.CommitAsync(Some.Commit("w", 1)));
        }
    }

    [Fact]
    public async Task Whoever_asks_after_the_database_came_back_is_answered_though_the_connections_are_from_before()
    {
        var postgres = new PrivatePostgres();
        await using (postgres)
        {
            await postgres.InitializeAsync();
            await using var store = await OpenAsync(await postgres.AddSchemaAsync());
            Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("w"))).Status);
            await AskManyAsync(store);

            await postgres.KillAsync();
            await postgres.StartAsync();
            Assert.NotNull(await store.ReadAsync(Some.Grain("w"), Cancel));
            await AskManyAsync(store);

            await postgres.KillAsync();
            await postgres.StartAsync();
            await AskManyAsync(store);
        }
    }

    [Fact]
    public async Task Many_who_ask_at_once_are_all_answered_each_time_the_server_ended_every_connection()
    {
        var postgres = new PrivatePostgres();
        await using (postgres)
        {
            await postgres.InitializeAsync();
            await using var store = await OpenAsync(await postgres.AddSchemaAsync(), connectionsMax: 64);
            Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("w"))).Status);
            for (var losses = 0; losses < 10; losses++)
            {
                await AskManyAsync(store);
                _ = await postgres.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'agentpay'");
            }

            await AskManyAsync(store);
        }
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_refused_with_its_name()
    {
        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync("Host=127.0.0.1;Port=1;Database=nowhere;Username=agentpay"));
        Assert.StartsWith("The database '127.0.0.1/nowhere' cannot be opened: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_string_that_is_none_is_refused_in_one_sentence() =>
        Assert.StartsWith("The connection string", (await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync("Hose=x"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_database_that_acknowledges_before_it_syncs_is_refused_at_the_start_and_by_a_writer_that_connects_again()
    {
        var postgres = new PrivatePostgres();
        await using (postgres)
        {
            await postgres.InitializeAsync();
            var (database, words) = (await postgres.AddDatabaseAsync(), "The database acknowledges commits before they are durable: synchronous_commit is off.");
            await using var store = await OpenAsync(database);
            Assert.Equal(1, (await store.CommitAsync(Some.Commit("w", 0))).Version);
            await postgres.ExecuteAsync("ALTER ROLE agentpay SET synchronous_commit = off");

            Assert.Equal(words, (await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(database))).Message);

            await postgres.ExecuteAsync("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname LIKE 'test_%'");
            var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(Some.Commit("w", 1)));
            Assert.EndsWith(words, refusal.Message, StringComparison.Ordinal);
        }
    }

    private static async Task AskManyAsync(PostgresAtomicStore store) =>
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => store.ReadAsync(Some.Grain("w"), Cancel).AsTask(), Cancel))), Assert.NotNull);

    private static Task<PostgresAtomicStore> OpenAsync(string connectionString, int connectionsMax = 16) => PostgresAtomicStore.OpenAsync(
        new PostgresStoreOptions { ConnectionString = connectionString, ConnectionsMax = connectionsMax }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);

    /// <summary>Sixteen writers, each with a grain of its own, that decide again after a refusal on what they read.</summary>
    private sealed class Load : IDisposable
    {
        private const int Writers = 16;
        private readonly ConcurrentDictionary<string, long> _acknowledged = new();
        private readonly CancellationTokenSource _over = new();
        private readonly SemaphoreSlim _progress = new(0);
        private Task _writing = Task.CompletedTask;
        private int _count;

        internal int Count => _count;

        internal void Start(PostgresAtomicStore store) =>
            _writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(store, $"w{writer}"), Cancel)));

        internal async Task ReachAsync(int count)
        {
            while (_count < count)
            {
                await _progress.WaitAsync(Cancel);
            }
        }

        internal async Task StopAsync()
        {
            await _over.CancelAsync();
            await _writing;
        }

        internal async Task AssertWholeAsync(PostgresAtomicStore store)
        {
            var messages = await store.ReadWaitingMessagesAsync(Some.Now, int.MaxValue, Cancel);
            for (var writer = 0; writer < Writers; writer++)
            {
                var key = $"w{writer}";
                var version = (await store.ReadAsync(Some.Grain(key), Cancel))!.Version;
                Assert.InRange(version, _acknowledged[key], _acknowledged[key] + 1);
                Assert.Equal(version, (await store.ReadTransfersAsync(Some.Grain(key), Cancel)).Count);
                Assert.Equal(version, (await store.ReadObjectEventsAsync(key, Cancel)).Count);
                Assert.Equal(version, messages.Count(message => message.Id.Source == Some.Grain(key)));
                Assert.NotNull(await store.ReadAnswerAsync("acct_1", $"{key}-{version - 1}", Some.Now, Cancel));
                Assert.Null(await store.ReadAnswerAsync("acct_1", $"{key}-{version}", Some.Now, Cancel));
            }

            var events = await store.ReadEventsAsync("acct_1", 0, int.MaxValue, Cancel);
            Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(entry => entry.Sequence));
            Assert.Equal((Int128)0, Assert.Single(await store.ReadLedgerTotalsAsync(Cancel)).PostingSum);
        }

        public void Dispose()
        {
            _over.Dispose();
            _progress.Dispose();
        }

        private async Task WriteAsync(PostgresAtomicStore store, string key)
        {
            long version = 0;
            while (!_over.IsCancellationRequested)
            {
                try
                {
                    var result = await store.CommitAsync(WriterProcess.Whole(key, (int)version));
                    if (result.Status == CommitStatus.Committed)
                    {
                        _acknowledged[key] = result.Version;
                        _ = Interlocked.Increment(ref _count);
                        _ = _progress.Release();
                    }

                    version = result.Version;
                }
                catch (StoreUnavailableException)
                {
                    version = await ReadAsync(store, key, version);
                }
            }
        }

        private static async Task<long> ReadAsync(PostgresAtomicStore store, string key, long version)
        {
            try
            {
                return (await store.ReadAsync(Some.Grain(key), Cancel))?.Version ?? 0;
            }
            catch (StoreUnavailableException)
            {
                return version;
            }
        }
    }
}
