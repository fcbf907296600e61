using AgentPay.Domain.Decisions;
using AgentPay.Storage.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>Who leaves a read goes at once, whatever the server does, and holds up nobody who leaves for the same reason.</summary>
public sealed class LeavingReaderTests(PrivatePostgres postgres) : IAsyncLifetime
{
    private string _schema = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _schema = await postgres.AddSchemaAsync();

    public async ValueTask DisposeAsync() => await postgres.DropSchemaAsync(_schema);

    [Fact]
    public async Task Who_leaves_a_read_asks_the_server_for_nothing_more()
    {
        await using var proxy = new CuttingProxy(postgres.Port, Cut.AfterCommitIsDone);
        await using var store = await PostgresAtomicStore.OpenAsync(
            new PostgresStoreOptions { ConnectionString = proxy.Via(_schema), Writers = 1 }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);
        var grain = new GrainRef("settlement", "one");
        Assert.Null(await store.ReadAsync(grain, Cancel));
        await using var other = new NpgsqlConnection(_schema);
        await other.OpenAsync(Cancel);
        await using var held = await other.BeginTransactionAsync(Cancel);
        await new NpgsqlCommand("LOCK TABLE grains IN ACCESS EXCLUSIVE MODE", other).ExecuteNonQueryAsync(Cancel);

        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var reading = store.ReadAsync(grain, leaving.Token).AsTask();
        var waiting = $"SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{new NpgsqlConnectionStringBuilder(_schema).SearchPath}.grains'::regclass";
        while ((long)(await postgres.ExecuteAsync(waiting))! == 0)
        {
            await Task.Yield();
        }

        var before = proxy.Connections;
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Equal(before, proxy.Connections);

        await held.RollbackAsync(Cancel);
        Assert.Null(await store.ReadAsync(grain, Cancel));
    }
}
