using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Tests.Contract;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>Scripts on PostgreSQL: once, in order, one process at a time, and as long as they take.</summary>
public sealed class MigratorTests(PrivatePostgres postgres)
{
    private static readonly MigrationScript _first = new(1, "0001_first.sql", "CREATE TABLE a (x integer)");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_script_may_take_longer_than_any_other_command()
    {
        var schema = await postgres.AddSchemaAsync();
        await using (var connection = await OpenAsync(schema + ";Command Timeout=1"))
        {
            Assert.Equal((1, 1), Apply(connection, new MigrationScript(1, "0001_slow.sql", "SELECT pg_sleep(1.2); CREATE TABLE a (x integer)")));
        }

        await postgres.DropSchemaAsync(schema);
    }

    [Fact]
    public async Task A_machine_that_stands_still_between_a_script_and_its_record_goes_on_with_it()
    {
        var schema = await postgres.AddSchemaAsync();
        await using (var connection = await OpenAsync(schema + ";Options=-c idle_in_transaction_session_timeout=1"))
        {
            MigrationScript[] scripts = [.. Enumerable.Range(1, 50).Select(number => new MigrationScript(number, $"{number:D4}.sql", $"CREATE TABLE t{number} (x integer)"))];
            Assert.Equal((50, 50), Apply(connection, scripts));
        }

        await postgres.DropSchemaAsync(schema);
    }

    [Fact]
    public async Task While_another_process_brings_the_database_to_its_schema_this_one_says_so_and_waits()
    {
        var schema = await postgres.AddSchemaAsync();
        await using var other = await OpenAsync(schema);
        await using var locked = new NpgsqlCommand($"SELECT pg_advisory_lock({Migrator.Lock})", other);
        await locked.ExecuteNonQueryAsync(Cancel);
        await using var connection = await OpenAsync(schema + ";Command Timeout=1");
        var log = new Told();
        var migrating = Task.Run(() => Migrator.Apply(connection, Some.Now, log, [_first]), Cancel);
        await log.Waiting.Task.WaitAsync(Cancel);
        Assert.False(migrating.IsCompleted);

        await other.CloseAsync();
        Assert.Equal((1, 1), await migrating);
        await connection.CloseAsync();
        await postgres.DropSchemaAsync(schema);
    }

    [Fact]
    public async Task A_script_that_waits_for_a_table_somebody_reads_stops_nobody_else_meanwhile()
    {
        var schema = await postgres.AddSchemaAsync();
        await using var reader = await OpenAsync(schema);
        await ExecuteAsync(reader, "CREATE TABLE a (x integer); INSERT INTO a VALUES (1)");
        await using var connection = await OpenAsync(schema + ";Options=-c idle_in_transaction_session_timeout=3000");
        await using var dump = await reader.BeginTransactionAsync(Cancel);
        await ExecuteAsync(reader, "LOCK TABLE a IN ACCESS SHARE MODE");
        var log = new Told();
        var migrating = Task.Run(() => Migrator.Apply(connection, Some.Now, log, [new MigrationScript(1, "0001_wider.sql", "ALTER TABLE a ADD COLUMN y integer")]), Cancel);

        // An engine's sign of life waits for half a second at most.
        await using (var beat = await OpenAsync(schema + ";Options=-c lock_timeout=500"))
        {
            while (!log.Waiting.Task.IsCompleted)
            {
                await ExecuteAsync(beat, "UPDATE a SET x = 2");
            }
        }

        Assert.False(migrating.IsCompleted);
        await dump.CommitAsync(Cancel);
        Assert.Equal((1, 1), await migrating);
        await ExecuteAsync(reader, "UPDATE a SET y = 1");

        // Where it stepped back it had time to say so, however long the machine stood still.
        await using var patience = new NpgsqlCommand("SHOW idle_in_transaction_session_timeout", connection);
        Assert.Equal("0", await patience.ExecuteScalarAsync(Cancel));
        await reader.CloseAsync();
        await connection.CloseAsync();
        await postgres.DropSchemaAsync(schema);
    }

    [Fact]
    public async Task A_database_of_another_line_of_scripts_is_refused_before_anything_is_changed()
    {
        var schema = await postgres.AddSchemaAsync();
        await using (var connection = await OpenAsync(schema))
        {
            Assert.Equal((1, 1), Apply(connection, _first));
        }

        await using (var connection = await OpenAsync(schema))
        {
            var refusal = Assert.Throws<StoreUnavailableException>(
                () => Apply(connection, new MigrationScript(1, "0001_other.sql", "SELECT 1"), new MigrationScript(2, "0002_second.sql", "DROP TABLE a")));
            Assert.Equal(
                "The database was written by another line of this program: its script 1 is 0001_first.sql, here it is 0001_other.sql. Open it with the program that wrote it, or begin with an empty one.",
                refusal.Message);
        }

        await postgres.DropSchemaAsync(schema);
    }

    [Theory]
    [InlineData(14, "The database is PostgreSQL 14.11; it must be 15 or newer.")]
    [InlineData(15, null)]
    [InlineData(17, null)]
    public void A_server_before_15_is_refused_in_one_sentence(int major, string? refusal) =>
        Assert.Equal(refusal, Record.Exception(() => PostgresDatabase.RefuseOld(new Version(major, 11)))?.Message);

    private static (int Applied, int Newest) Apply(NpgsqlConnection connection, params MigrationScript[] scripts) =>
        Migrator.Apply(connection, Some.Now, NullLogger.Instance, scripts);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private static async Task<NpgsqlConnection> OpenAsync(string schema)
    {
        var connection = new NpgsqlConnection(schema + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        return connection;
    }

    private sealed class Told : ILogger
    {
        public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id is 2002 or 2004)
            {
                Waiting.TrySetResult();
            }
        }
    }
}
