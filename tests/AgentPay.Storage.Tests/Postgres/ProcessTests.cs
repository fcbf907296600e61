using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>What processes on one database know of each other, and have to themselves.</summary>
public sealed class ProcessTests(PrivatePostgres postgres) : IAsyncLifetime
{
    private const string Key = "signer:eip155:8453:0x01";
    private readonly List<PostgresAtomicStore> _stores = [];
    private string _schema = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _schema = await postgres.AddSchemaAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        await postgres.DropSchemaAsync(_schema);
    }

    [Fact]
    public async Task A_process_is_alone_until_another_opens_and_again_in_another_solitude_when_that_left()
    {
        var one = await OpenAsync();
        var first = one.Neighbours.Solitude;
        var two = await OpenAsync();

        Assert.NotEqual(0, first);
        Assert.Equal(0, two.Neighbours.Solitude);
        Assert.Equal(0, one.Neighbours.Solitude);
        await two.DisposeAsync();
        await UntilAsync(() => one.Neighbours.Solitude != 0);
        Assert.NotEqual(first, one.Neighbours.Solitude);
    }

    [Fact]
    public async Task A_process_is_gone_when_it_left_and_not_while_it_lives()
    {
        var (one, two) = (await OpenAsync(), await OpenAsync());
        var other = two.Neighbours.Self;

        Assert.False(await one.Neighbours.IsGoneAsync(other, Cancel));
        Assert.False(await one.Neighbours.IsGoneAsync(one.Neighbours.Self, Cancel));
        Assert.True(await one.Neighbours.IsGoneAsync("nobody", Cancel));
        await two.DisposeAsync();
        Assert.True(await one.Neighbours.IsGoneAsync(other, Cancel));
    }

    [Fact]
    public async Task A_process_that_was_taken_for_dead_and_lives_is_itself_again()
    {
        var (one, two) = (await OpenAsync(), await OpenAsync());
        var name = two.Neighbours.Self;
        await ExecuteAsync($"WITH gone AS (DELETE FROM writers) DELETE FROM processes WHERE engine = '{name}'");
        await ExecuteAsync("INSERT INTO processes (id, engine, seen_at) VALUES ('dead', 'killed', 0)");

        await UntilAsync(async () => !await one.Neighbours.IsGoneAsync(name, Cancel));
        await UntilAsync(async () => await one.Neighbours.IsGoneAsync("killed", Cancel));
        Assert.Equal(name, two.Neighbours.Self);
    }

    [Fact]
    public async Task Nobody_is_known_to_be_gone_while_an_older_program_is_there_that_does_not_tell_its_name()
    {
        var one = await OpenAsync();
        await ExecuteAsync("INSERT INTO processes (id, seen_at) VALUES ('older', 9000000000000000)");
        Assert.False(await one.Neighbours.IsGoneAsync("nobody", Cancel));

        await ExecuteAsync("DELETE FROM processes WHERE id = 'older'");
        Assert.True(await one.Neighbours.IsGoneAsync("nobody", Cancel));
    }

    [Fact]
    public async Task A_process_whose_record_was_removed_commits_nothing_until_it_has_registered_anew()
    {
        var store = await OpenAsync();
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("w"))).Status);
        await ExecuteAsync("WITH gone AS (DELETE FROM writers) DELETE FROM processes");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(Some.Commit("w", 1)));

        await UntilAsync(() => store.LastWriteFailure is null);
        Assert.Equal(new CommitResult(CommitStatus.Committed, 2), await store.CommitAsync(Some.Commit("w", 1)));
    }

    [Fact]
    public async Task A_process_that_stopped_renewing_is_removed_and_the_other_is_alone()
    {
        var store = await OpenAsync();
        await ExecuteAsync("INSERT INTO processes (id, seen_at) VALUES ('dead', (extract(epoch from clock_timestamp()) * 1000000)::bigint)");
        await ExecuteAsync("INSERT INTO writers (process, place, batch) VALUES ('dead', 0, 7)");
        await UntilAsync(() => store.Neighbours.Solitude == 0);
        await UntilAsync(() => store.Neighbours.Solitude != 0);
        Assert.Equal(0L, await ExecuteAsync("SELECT count(*) FROM writers WHERE process = 'dead'"));
    }

    [Fact]
    public async Task A_resource_has_one_holder_and_the_next_one_another_epoch()
    {
        var (one, two) = (await OpenAsync(), await OpenAsync());
        one.Leases.Want(Key);
        await UntilAsync(() => one.Leases.Find(Key) is not null);
        two.Leases.Want(Key);
        var first = one.Leases.Find(Key)!.Value;
        Assert.Null(two.Leases.Find(Key));

        await one.DisposeAsync();
        await UntilAsync(() => two.Leases.Find(Key) is not null);

        Assert.Equal(first with { Epoch = first.Epoch + 1 }, two.Leases.Find(Key));
    }

    [Fact]
    public async Task A_holding_that_could_not_be_renewed_in_time_is_in_doubt_and_told_again_when_it_is_sure()
    {
        var store = await OpenAsync();
        store.Leases.Want(Key);
        await UntilAsync(() => store.Leases.Find(Key) is not null);
        var (before, told) = (store.Leases.Find(Key), 0);
        store.Leases.Changed += () => Interlocked.Increment(ref told);
        await using (var connection = new NpgsqlConnection(_schema + ";Pooling=false"))
        {
            await connection.OpenAsync(Cancel);
            await using var held = await connection.BeginTransactionAsync(Cancel);
            await using var block = new NpgsqlCommand("LOCK TABLE leases", connection, held);
            _ = await block.ExecuteNonQueryAsync(Cancel);
            await UntilAsync(() => store.Leases.Find(Key) is null);
        }

        await UntilAsync(() => store.Leases.Find(Key) is not null);
        Assert.Equal(before, store.Leases.Find(Key));
        await UntilAsync(() => told > 0);
    }

    [Fact]
    public async Task A_commit_of_a_former_holder_is_fenced_and_fails_no_neighbour()
    {
        var store = await OpenAsync();
        store.Leases.Want(Key);
        await UntilAsync(() => store.Leases.Find(Key) is not null);
        var fence = store.Leases.Find(Key)!.Value;
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("s") with { Fence = fence })).Status);
        await ExecuteAsync("UPDATE leases SET holder = 'another', epoch = epoch + 1, expires_at = 9000000000000000");

        var chain = new DecisionChain();
        var results = await Task.WhenAll(
            store.CommitAsync(Some.Commit("a")),
            store.CommitAsync(Some.Commit("s", 1) with { Fence = fence, Chain = chain, Transfers = [Some.Transfer("a", "b", 1)] }),
            store.CommitAsync(Some.Commit("b")));

        Assert.Equal([CommitStatus.Committed, CommitStatus.Fenced, CommitStatus.Committed], results.Select(result => result.Status));
        Assert.True(chain.IsBroken);
        Assert.Equal(1, (await store.ReadAsync(Some.Grain("s"), Cancel))!.Version);
        Assert.Empty(await store.ReadTransfersAsync(Some.Grain("s"), Cancel));
    }

    [Fact]
    public async Task Deadlines_are_shared_out_and_one_that_is_set_again_is_free_again()
    {
        var (one, two) = (await OpenAsync(), await OpenAsync());
        await Task.WhenAll(Enumerable.Range(0, 100).Select(number => one.CommitAsync(Some.Commit($"w{number}") with { Due = [new DueChange("d", Some.Now)] })));

        var due = await one.ReadDueAsync(Some.Now, 200, Cancel);
        var taken = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(turn => (turn % 2 == 0 ? one : two).TakeDueAsync([.. due.Skip(turn * 4 % 30)], Cancel).AsTask()));

        Assert.Equal(100, taken.SelectMany(items => items).Distinct().Count());
        Assert.Equal(100, taken.Sum(items => items.Count));
        Assert.Empty(await two.TakeDueAsync(due, Cancel));
        await one.CommitAsync(Some.Commit("w5", 1) with { Due = [new DueChange("d", Some.Now)] });
        Assert.Equal([new DueItem(Some.Grain("w5"), "d", Some.Now)], await two.TakeDueAsync(due, Cancel));
        await ExecuteAsync("UPDATE due SET claimed_until = 1");
        Assert.Equal(100, (await two.TakeDueAsync(due, Cancel)).Count);
        Assert.Empty(await one.TakeDueAsync([due[0] with { At = Some.Now.AddSeconds(1) }], Cancel));
    }

    private static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }
    }

    private async Task<PostgresAtomicStore> OpenAsync()
    {
        var store = await PostgresAtomicStore.OpenAsync(
            new PostgresStoreOptions { ConnectionString = _schema, ConnectionsMax = 6 }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);
        _stores.Add(store);
        return store;
    }

    private async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_schema + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancel);
    }
}
