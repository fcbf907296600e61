using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Tests.Contract;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Tests.Sqlite;

public sealed class MigratorTests : IDisposable
{
    private static readonly MigrationScript _first = new(1, "0001_first.sql", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)");
    private static readonly MigrationScript _second = new(2, "0002_second.sql", "INSERT INTO a VALUES (2); CREATE TABLE b (y INTEGER)");
    private static readonly MigrationScript _broken = new(2, "0002_broken.sql", "INSERT INTO a VALUES (3); CREATE TABLE a (x INTEGER)");

    private readonly TemporaryStore _file = new();
    private readonly SqliteConnection _connection;

    public MigratorTests()
    {
        _connection = Open();
    }

    public void Dispose()
    {
        _connection.Dispose();
        _file.Dispose();
    }

    [Fact]
    public void Each_script_runs_once_in_order_and_is_written_down()
    {
        Assert.Equal([1], Apply(_first));
        Assert.Equal([2], Apply(_first, _second));
        Assert.Empty(Apply(_first, _second));
        Assert.Equal("1 2", _connection.ReadText("SELECT group_concat(x, ' ') FROM a"));
        Assert.Equal("0001_first.sql 0002_second.sql", _connection.ReadText("SELECT group_concat(name, ' ') FROM (SELECT name FROM schema_migrations ORDER BY number)"));
    }

    [Fact]
    public void A_script_that_fails_leaves_the_file_as_it_was_for_the_next_program()
    {
        Assert.Equal([1], Apply(_first));
        using (var failing = Open())
        {
            Assert.Throws<SqliteException>(() => Migrator.Apply(failing, _file.Path, Some.Now, [_first, _broken]));
        }

        Assert.Equal("1", _connection.ReadText("SELECT group_concat(x, ' ') FROM a"));
        Assert.Equal([2], Apply(_first, _second));
    }

    [Fact]
    public void A_file_with_a_script_that_this_program_does_not_know_is_refused()
    {
        Assert.Equal([1, 2], Apply(_first, _second));
        var refusal = Assert.Throws<StoreUnavailableException>(() => Apply(_first));
        Assert.EndsWith("its schema is 2, this program knows 1.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_line_of_scripts_is_refused_before_anything_is_changed()
    {
        Assert.Equal([1, 2], Apply(_first, new MigrationScript(2, "0002_records.sql", "CREATE TABLE records (x INTEGER)")));
        var third = new MigrationScript(3, "0003_third.sql", "DROP TABLE a");
        var refusal = Assert.Throws<StoreUnavailableException>(() => Apply(_first, _second, third));
        Assert.Equal(
            $"The store '{_file.Path}' was written by another line of this program: its script 2 is 0002_records.sql, here it is 0002_second.sql. Open it with the program that wrote it, or begin with an empty one.",
            refusal.Message);
        Assert.Equal("1", _connection.ReadText("SELECT group_concat(x, ' ') FROM a"));
    }

    private SqliteConnection Open() => SqliteConnection.Open(_file.Path, Sqlite3.OpenReadWrite | Sqlite3.OpenCreate, TimeSpan.Zero);

    private IReadOnlyList<int> Apply(params MigrationScript[] scripts) => Migrator.Apply(_connection, _file.Path, Some.Now, scripts);
}
