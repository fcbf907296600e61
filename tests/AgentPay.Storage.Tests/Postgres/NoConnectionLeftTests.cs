using System.Diagnostics;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>A server that has no connection left for the engine says so, and nothing is acknowledged without one.</summary>
public sealed class NoConnectionLeftTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connections_that_are_held_go_on_and_lost_ones_are_refused_within_a_second_until_there_are_some_again()
    {
        var postgres = new PrivatePostgres();
        await using (postgres)
        {
            await postgres.InitializeAsync();
            await postgres.ExecuteAsync("CREATE ROLE engine LOGIN CONNECTION LIMIT 16");
            await postgres.ExecuteAsync("CREATE SCHEMA engine AUTHORIZATION engine");
            var database = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Username = "engine", SearchPath = "engine" };
            await using var store = await PostgresAtomicStore.OpenAsync(
                new PostgresStoreOptions { ConnectionString = database.ConnectionString }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);
            Assert.Equal(new CommitResult(CommitStatus.Committed, 1), await store.CommitAsync(Some.Commit("w")));

            await postgres.ExecuteAsync("ALTER ROLE engine CONNECTION LIMIT 0");
            Assert.Equal(new CommitResult(CommitStatus.Committed, 2), await store.CommitAsync(Some.Commit("w", 1)));

            await postgres.ExecuteAsync("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'engine'");
            for (var attempt = 0; attempt < 3; attempt++)
            {
                await RefusedAsync(() => store.CommitAsync(Some.Commit("w", 2)));
                await RefusedAsync(() => store.ReadAsync(Some.Grain("w"), Cancel).AsTask());
            }

            Assert.Contains("too many connections", store.LastWriteFailure!.Reason, StringComparison.Ordinal);

            await postgres.ExecuteAsync("ALTER ROLE engine CONNECTION LIMIT 16");
            while (store.LastWriteFailure is not null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
            }

            Assert.Equal(2, (await store.ReadAsync(Some.Grain("w"), Cancel))!.Version);
            Assert.Equal(new CommitResult(CommitStatus.Committed, 3), await store.CommitAsync(Some.Commit("w", 2)));
        }
    }

    private static async Task RefusedAsync<T>(Func<Task<T>> ask)
    {
        var since = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<StoreUnavailableException>(ask);
        Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }
}
