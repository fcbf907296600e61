using System.Data.Common;
using AgentPay.Storage.Contract;
using Npgsql;

namespace AgentPay.Storage.Postgres;

/// <summary>The database's connections and the settings they need.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    private const int ConnectSeconds = 1;
    private const int CommandSeconds = 10;
    private const int BeatSeconds = 2;

    /// <summary>One keeps the process on record, one asks whether the database answers.</summary>
    private const int OwnConnections = 2;

    private const int VersionMin = 15;

    /// <summary>
    /// Writers look rows up by key in the order of the batch, whatever the planner thinks of a table it has no figures of: that order is what
    /// keeps two writers from waiting for each other.
    /// </summary>
    private const string WriterSettings = "-c jit=off -c plan_cache_mode=force_generic_plan -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off";

    /// <summary>A process that stops between taking rows and its COMMIT must not keep others from them for long.</summary>
    private const string IdleSettings = "-c idle_in_transaction_session_timeout=3000";

    private readonly NpgsqlDataSource _writers;
    private readonly NpgsqlDataSource _beats;

    private PostgresDatabase(PostgresStoreOptions options)
    {
        var readers = Settings(options, "-c jit=off");
        readers.MaxPoolSize = options.ConnectionsMax - options.Writers - OwnConnections;
        readers.NoResetOnClose = true;
        Readers = NpgsqlDataSource.Create(readers);
        ReadersMax = readers.MaxPoolSize;
        var writers = Settings(options, $"{WriterSettings} {IdleSettings}");
        writers.Pooling = false;
        _writers = NpgsqlDataSource.Create(writers);
        var beats = Settings(options, $"-c jit=off -c lock_timeout=500 {IdleSettings}");
        beats.Pooling = false;
        beats.CommandTimeout = BeatSeconds;
        _beats = NpgsqlDataSource.Create(beats);
        Name = $"{writers.Host}/{writers.Database}";
    }

    /// <summary>A connection that renews what the process has, or asks whether anybody is there; it never waits long.</summary>
    internal NpgsqlConnection OpenBeat() => _beats.OpenConnection();

    internal NpgsqlDataSource Readers { get; }

    internal int ReadersMax { get; }

    /// <summary>For people: host and database, without user or password.</summary>
    internal string Name { get; }

    /// <exception cref="StoreUnavailableException">The connection string is not understood.</exception>
    internal static PostgresDatabase Of(PostgresStoreOptions options)
    {
        try
        {
            return new PostgresDatabase(options);
        }
        catch (ArgumentException failure)
        {
            throw new StoreUnavailableException($"The connection string of the database is not understood: {failure.Message}", failure);
        }
    }

    /// <summary>Opens a connection that writes. It is not pooled: whoever gives it up has closed it.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    /// <exception cref="StoreUnavailableException">It is too old, or acknowledges commits that are not durable.</exception>
    internal NpgsqlConnection OpenWriter()
    {
        var connection = _writers.OpenConnection();
        try
        {
            RefuseOld(connection.PostgreSqlVersion);
            using var check = new NpgsqlCommand("SELECT current_setting('synchronous_commit'), current_setting('fsync'), pg_is_in_recovery()::text", connection);
            using var row = check.ExecuteReader();
            _ = row.Read();
            return (row.GetString(0), row.GetString(1), row.GetString(2)) switch
            {
                ("off", _, _) => throw new StoreUnavailableException("The database acknowledges commits before they are durable: synchronous_commit is off."),
                (_, "off", _) => throw new StoreUnavailableException("The database does not sync its files: fsync is off."),
                (_, _, "true") => throw new StoreUnavailableException("The database is a standby: it takes no writes."),
                _ => connection,
            };
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <exception cref="StoreUnavailableException">It lacks what the schema is made of.</exception>
    internal static void RefuseOld(Version server)
    {
        if (server.Major < VersionMin)
        {
            throw new StoreUnavailableException($"The database is PostgreSQL {server.Major}.{server.Minor}; it must be {VersionMin} or newer.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Readers.DisposeAsync().ConfigureAwait(false);
        await _writers.DisposeAsync().ConfigureAwait(false);
        await _beats.DisposeAsync().ConfigureAwait(false);
    }

    private static NpgsqlConnectionStringBuilder Settings(PostgresStoreOptions options, string serverSettings)
    {
        var asked = new DbConnectionStringBuilder { ConnectionString = options.ConnectionString };
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            Enlist = false,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            TcpKeepAlive = true,
        };
        settings.Timeout = asked.ContainsKey("Timeout") ? settings.Timeout : ConnectSeconds;
        settings.CommandTimeout = asked.ContainsKey("Command Timeout") ? settings.CommandTimeout : CommandSeconds;
        settings.ApplicationName ??= "agentpay";
        settings.Options = string.IsNullOrEmpty(settings.Options) ? serverSettings : $"{settings.Options} {serverSettings}";
        return settings;
    }
}
