using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>
/// A PostgreSQL of the tests' own: a temporary data directory, a free port of the loopback address, its files synced as in production.
/// One is shared by the assembly; a test that stops its server starts another. It ends with the tests, however they end.
/// </summary>
public sealed partial class PrivatePostgres : IAsyncDisposable
{
    /// <summary>Holds the server while our end of its input is open: when the tests are killed, the kernel closes that, the server ends and its files go.</summary>
    private const string Holder = "folder=$1; shift; \"$@\" >>\"$folder/log\" 2>&1 & cat >/dev/null; kill -QUIT $! 2>/dev/null; wait; rm -rf \"$folder\"";

    private const string Missing = "PostgreSQL 15 or newer is missing: install the package `postgresql` (apt-get install postgresql).";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentpay-postgres-");
    private readonly string _binaries = FindBinaries();
    private readonly int? _mounts;
    private readonly string? _log;
    private Process? _server;
    private int _schemas;

    public PrivatePostgres() => Data = Path.Combine(_folder.FullName, "data");

    /// <summary>One whose tables, or whose log alone, lie where a file system is mounted for some processes only.</summary>
    /// <param name="mounts">One of those processes: the server sees what it sees.</param>
    /// <param name="data">For its data directory; null: a temporary one.</param>
    /// <param name="log">For its log; null: in the data directory.</param>
    internal PrivatePostgres(int mounts, string? data, string? log)
        : this()
    {
        (_mounts, _log) = (mounts, log);
        Data = data ?? Data;
    }

    public int Port { get; private set; }

    /// <summary>The server's own database.</summary>
    public string ConnectionString => Connection(Port);

    public static string Connection(int port) => string.Create(
        CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Database=postgres;Username=agentpay;Timeout=5;Include Error Detail=true");

    /// <summary>Where a program that comes with the server is.</summary>
    public static string Tool(string program) => Path.Combine(FindBinaries(), program);

    /// <summary>An empty schema for one test.</summary>
    public async Task<string> AddSchemaAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _schemas)}");
        await ExecuteAsync($"CREATE SCHEMA {name}");
        return $"{ConnectionString};Search Path={name}";
    }

    /// <summary>An empty database for one test: what the server counts for each database is of that test alone.</summary>
    public async Task<string> AddDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _schemas)}");
        await ExecuteAsync($"CREATE DATABASE {name}");
        return $"{ConnectionString};Database={name}";
    }

    public Task DropSchemaAsync(string connectionString) =>
        ExecuteAsync($"DROP SCHEMA {new NpgsqlConnectionStringBuilder(connectionString).SearchPath} CASCADE");

    /// <summary>Removes a database, whoever is still connected to it: an engine may have been killed.</summary>
    public Task DropDatabaseAsync(string connectionString) =>
        ExecuteAsync($"DROP DATABASE {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");

    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask InitializeAsync()
    {
        if (Environment.UserName == "root")
        {
            Run("chown", "postgres", _folder.FullName);
        }

        string[] log = _log is null ? [] : ["--waldir", _log];

        // Whoever brings a disk of their own may cut its power: what is not synced then was never there.
        string[] sync = _mounts is null ? ["--no-sync"] : [];
        Run(Path.Combine(_binaries, "initdb"), ["-D", Data, "-U", "agentpay", "-A", "trust", "-E", "UTF8", "--locale=C", .. log, .. sync]);
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        await StartAsync();
    }

    public async Task StartAsync()
    {
        // Of one that was killed.
        File.Delete(PidFile);
        _server = Process.Start(Command(
            "sh", "-c", Holder, "sh", _folder.FullName, Path.Combine(_binaries, "postgres"), "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=100", "-c", "fsync=on"));
        var over = Stopwatch.GetTimestamp() + (60 * Stopwatch.Frequency);
        while (true)
        {
            try
            {
                _ = await ExecuteAsync("SELECT 1");
                return;
            }
            catch (NpgsqlException) when (Stopwatch.GetTimestamp() < over && !_server!.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    /// <summary>SIGKILL to the postmaster and, as the machine's end would, to all of its processes.</summary>
    public async Task KillAsync()
    {
        _server!.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync();
        _server = null;
    }

    /// <summary>False: it stopped by itself, as it does when it cannot recover.</summary>
    internal bool IsRunning => _server is not null && File.Exists(PidFile);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            _server.StandardInput.Close();
            await _server.WaitForExitAsync();
            _server.Dispose();
        }

        if (Directory.Exists(_folder.FullName))
        {
            _folder.Delete(recursive: true);
        }
    }

    private string Data { get; }

    /// <summary>As this process sees it.</summary>
    private string PidFile => string.Create(CultureInfo.InvariantCulture, $"{(_mounts is null ? "" : $"/proc/{_mounts}/root")}{Data}/postmaster.pid");

    private void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(Command(program, arguments))!;
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program}: {errors.GetAwaiter().GetResult()}");
        }
    }

    /// <summary>PostgreSQL refuses to run as root; Debian's package brings a user for it.</summary>
    private ProcessStartInfo Command(string program, params string[] arguments)
    {
        string[] line = Environment.UserName == "root" && program != "chown"
            ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", program, .. arguments]
            : [program, .. arguments];
        line = _mounts is { } process ? ["nsenter", string.Create(CultureInfo.InvariantCulture, $"--mount=/proc/{process}/ns/mnt"), .. line] : line;
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static string FindBinaries()
    {
        var newest = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
                .MaxBy(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            : null;
        var found = newest is null
            ? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
            : Path.Combine(newest, "bin");
        return found ?? throw new InvalidOperationException(Missing);
    }
}
