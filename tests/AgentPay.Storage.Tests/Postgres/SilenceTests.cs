using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>A database that answers nothing, frozen or gone, is told from one that answers.</summary>
public sealed class SilenceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_frozen_database_is_silent_until_it_answers()
    {
        var postgres = new PrivatePostgres();
        await using (postgres)
        {
            await postgres.InitializeAsync();
            await using var store = await OpenAsync(await postgres.AddSchemaAsync());
            Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("w"))).Status);
            var before = store.Silence;
            Assert.False(before.IsCancellationRequested);

            var frozen = await DatabaseProcesses.FreezeAsync(postgres);
            await UntilAsync(() => before.IsCancellationRequested);
            Assert.True(store.Silence.IsCancellationRequested);
            frozen.Thaw();

            await UntilAsync(() => !store.Silence.IsCancellationRequested);
            Assert.Equal(new CommitResult(CommitStatus.Committed, 2), await store.CommitAsync(Some.Commit("w", 1)));
        }
    }

    [Fact]
    public async Task A_database_that_is_gone_is_silent_until_it_answers()
    {
        var postgres = new PrivatePostgres();
        await using (postgres)
        {
            await postgres.InitializeAsync();
            await using var store = await OpenAsync(await postgres.AddSchemaAsync());
            var before = store.Silence;

            await postgres.KillAsync();
            await UntilAsync(() => before.IsCancellationRequested);
            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(Some.Commit("w")));
            await postgres.StartAsync();

            await UntilAsync(() => !store.Silence.IsCancellationRequested);
            Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("w"))).Status);
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }
    }

    private static Task<PostgresAtomicStore> OpenAsync(string connectionString) => PostgresAtomicStore.OpenAsync(
        new PostgresStoreOptions { ConnectionString = connectionString }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);
}
