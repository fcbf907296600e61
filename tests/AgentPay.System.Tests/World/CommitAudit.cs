using Npgsql;

namespace AgentPay.SystemTests.World;

/// <summary>
/// The database's own record of who committed a grain's state: which engine, by the name of its connections, under which process record, and who had the key's lease then.
/// It is written at COMMIT; a commit holds its record and its lease until it is through, so what is read here is what it was made under.
/// </summary>
internal sealed class CommitAudit(string connectionString)
{
    private const string Tables = """
        CREATE TABLE audited (engine text NOT NULL, process text, at timestamptz NOT NULL, is_key boolean NOT NULL, holder text);
        CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO audited SELECT current_setting('application_name'), (SELECT process FROM writers WHERE xmin = pg_current_xact_id()::xid),
                clock_timestamp(), NEW.type = 'signer', (SELECT holder FROM leases);
            RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER audit AFTER INSERT OR UPDATE ON grains DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit();
        """;

    /// <summary>From now on; engines may be running.</summary>
    public Task StartAsync() => ReadAsync(Tables, static _ => 0);

    /// <summary>The process records, oldest first.</summary>
    public Task<List<string>> ProcessesAsync() => ReadAsync("SELECT id FROM processes ORDER BY id", static row => row.GetString(0));

    /// <summary>Who has the only key's lease; it may have run out.</summary>
    public async Task<(string Holder, long Epoch)> LeaseAsync() =>
        Assert.Single(await ReadAsync("SELECT holder, epoch FROM leases", static row => (row.GetString(0), row.GetInt64(1))));

    /// <summary>The database's clock.</summary>
    public async Task<DateTime> NowAsync() => Assert.Single(await ReadAsync("SELECT clock_timestamp()", static row => row.GetDateTime(0)));

    /// <summary>How long transactions of an engine that have written have waited for its next word, the longest first.</summary>
    public Task<List<TimeSpan>> WaitingTransactionsAsync(string engine) => ReadAsync(
        $"""
        SELECT clock_timestamp() - state_change AS age FROM pg_stat_activity
        WHERE application_name = '{engine}' AND state = 'idle in transaction' AND backend_xid IS NOT NULL ORDER BY age DESC
        """,
        static row => row.GetTimeSpan(0));

    /// <summary>Every commit of a grain.</summary>
    public Task<List<AuditedCommit>> CommitsAsync() => ReadAsync(
        "SELECT engine, process, at, is_key, holder FROM audited ORDER BY at",
        static row => new AuditedCommit(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetDateTime(2), row.GetBoolean(3), row.IsDBNull(4) ? null : row.GetString(4)));

    private async Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}

/// <summary>A grain's state was committed.</summary>
/// <param name="Engine">By whom.</param>
/// <param name="Process">Under which process record; null: under none.</param>
/// <param name="At">When, by the database's clock.</param>
/// <param name="IsKey">A key's state.</param>
/// <param name="Holder">Whose the key's lease was.</param>
internal sealed record AuditedCommit(string Engine, string? Process, DateTime At, bool IsKey, string? Holder);
