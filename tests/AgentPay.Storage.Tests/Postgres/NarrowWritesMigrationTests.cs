using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Tests.Contract;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>A database with rows of the schema before script 3.</summary>
public sealed class NarrowWritesMigrationTests(PrivatePostgres postgres)
{
    private const string Rows = """
        INSERT INTO grains (type, key, version, updated_at, status, state) VALUES ('wallet', 'w', 2, 1, 'open', 'two'), ('wallet', 'v', 1, 1, 'open', 'one');
        INSERT INTO ledger_names (name) VALUES ('a'), ('b'), ('c'), ('usdc');
        INSERT INTO transfers SELECT g.id, 1, 0, d.id, k.id, a.id, 5, 'charge', 1
        FROM grains g, ledger_names d, ledger_names k, ledger_names a WHERE g.key = 'w' AND d.name = 'a' AND k.name = 'b' AND a.name = 'usdc';
        INSERT INTO transfers SELECT g.id, 1, 0, d.id, k.id, a.id, 3, 'charge', 1
        FROM grains g, ledger_names d, ledger_names k, ledger_names a WHERE g.key = 'v' AND d.name = 'b' AND k.name = 'c' AND a.name = 'usdc';
        INSERT INTO event_logs (account, last_sequence) VALUES ('acct', 3);
        INSERT INTO event_objects (object, last_sequence) VALUES ('w', 2), ('v', 1);
        INSERT INTO events SELECT l.id, n.sequence, o.id, n.object_sequence, gen_random_uuid(), 'wallet.charged', 1, 'x'
        FROM event_logs l, (VALUES (1, 'w', 1), (2, 'v', 1), (3, 'w', 2)) AS n (sequence, object, object_sequence) JOIN event_objects o ON o.object = n.object;
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_written_before_is_read_and_its_numbers_go_on()
    {
        var schema = await OldSchemaAsync();
        await using var store = await PostgresAtomicStore.OpenAsync(
            new PostgresStoreOptions { ConnectionString = schema, ConnectionsMax = 6 }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);

        foreach (var (key, version) in (IEnumerable<(string, long)>)[("w", 2), ("v", 1), ("w", 3)])
        {
            var result = await store.CommitAsync(new Commit
            {
                Grain = new GrainRef("wallet", key),
                ExpectedVersion = version,
                State = Some.Bytes("next"),
                DecidedAt = Some.Now,
                Account = "acct",
                Events = [new EventDraft("wallet.charged", key, Some.Bytes("y"))],
                Transfers = [new Transfer("b", "a", "usdc", 1, "back")],
            });
            Assert.Equal(new CommitResult(CommitStatus.Committed, version + 1), result);
        }

        Assert.Equal([1L, 2, 3, 4], (await store.ReadObjectEventsAsync("w", Cancel)).Select(entry => entry.ObjectSequence));
        Assert.Equal([1L, 2], (await store.ReadObjectEventsAsync("v", Cancel)).Select(entry => entry.ObjectSequence));
        Assert.Equal([1L, 2, 3, 4, 5, 6], (await store.ReadEventsAsync("acct", 0, 100, Cancel)).Select(entry => entry.Sequence));
        Assert.Equal((Int128)(-2), await store.ReadBalanceAsync("a", "usdc", Cancel));
        Assert.Equal((Int128)(-1), await store.ReadBalanceAsync("b", "usdc", Cancel));
        Assert.Equal((Int128)3, await store.ReadBalanceAsync("c", "usdc", Cancel));
        Assert.Equal(new LedgerTotal("usdc", 0, 5), Assert.Single(await store.ReadLedgerTotalsAsync(Cancel)));
        await store.DisposeAsync();
        await postgres.DropSchemaAsync(schema);
    }

    private async Task<string> OldSchemaAsync()
    {
        var schema = await postgres.AddSchemaAsync();
        await using var connection = new NpgsqlConnection(schema + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        Assert.Equal((2, 2), Migrator.Apply(connection, Some.Now, NullLogger.Instance, [.. MigrationScript.Under(Migrator.Prefix).Take(2)]));
        await using var insert = new NpgsqlCommand(Rows, connection);
        await insert.ExecuteNonQueryAsync(Cancel);
        return schema;
    }
}
