using AgentPay.Storage.Tests.Postgres;
using AgentPay.Testing;
using Npgsql;

namespace AgentPay.SystemTests.World;

/// <summary>A copy of what an engine stores, taken and put back with the tools that docs/guides/operate.md names.</summary>
internal sealed class Backup(Engine engine, bool isStopped) : IDisposable
{
    private static readonly string[] _files = ["agentpay.db", "agentpay.db-wal", "agentpay.db-shm"];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentpay-backup-");

    /// <summary>Each way there is with the store of this run; true: the engine is stopped for it.</summary>
    public static TheoryData<bool> Ways => ChosenStore.IsPostgres ? [false] : [false, true];

    /// <summary>From a running engine, which goes on, or while it is stopped for it.</summary>
    public async Task TakeAsync()
    {
        if (engine.Database is { } database)
        {
            await RunAsync(PrivatePostgres.Tool("pg_dump"), "--format=custom", $"--file={PathOf("agentpay.dump")}", Words(database));
        }
        else if (!isStopped)
        {
            await RunAsync("sqlite3", Path.Combine(engine.Data, _files[0]), $".backup '{PathOf(_files[0])}'");
        }
        else
        {
            // Not told to stop: what only its log holds is part of the backup too.
            await engine.KillAsync();
            Assert.True(File.Exists(Path.Combine(engine.Data, _files[1])));
            Copy(engine.Data, _folder.FullName);
            await engine.StartAsync();
        }
    }

    /// <summary>In place of what the engine has stored since; it does not run.</summary>
    public async Task PutBackAsync()
    {
        if (engine.Database is { } database)
        {
            var name = new NpgsqlConnectionStringBuilder(database).Database!;
            await RunAsync(PrivatePostgres.Tool("dropdb"), "--force", $"--maintenance-db={Words(database, "postgres")}", name);
            await RunAsync(PrivatePostgres.Tool("createdb"), $"--maintenance-db={Words(database, "postgres")}", name);
            await RunAsync(PrivatePostgres.Tool("pg_restore"), $"--dbname={Words(database)}", PathOf("agentpay.dump"));
            return;
        }

        foreach (var file in _files)
        {
            File.Delete(Path.Combine(engine.Data, file));
        }

        Copy(_folder.FullName, engine.Data);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Copy(string from, string to)
    {
        foreach (var file in _files.Where(file => File.Exists(Path.Combine(from, file))))
        {
            File.Copy(Path.Combine(from, file), Path.Combine(to, file));
        }
    }

    /// <summary>The words of PostgreSQL's own tools for a connection.</summary>
    private static string Words(string connection, string? database = null)
    {
        var parts = new NpgsqlConnectionStringBuilder(connection);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"host={parts.Host} port={parts.Port} user={parts.Username} dbname={database ?? parts.Database}");
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        await using var run = Program.Start(program, arguments);
        Assert.True(await run.EndAsync() == 0, run.Output);
    }

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);
}
