using System.Text;
using AgentPay.Storage.Sqlite;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Benchmarks.Store;

/// <summary>The baseline: the same file settings and the same binding, one transaction of one row a commit, writers in line.</summary>
internal sealed class RowByRow : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly SemaphoreSlim turn = new(1, 1);

    public RowByRow(string path)
    {
        connection = SqliteFile.OpenWriter(new SqliteStoreOptions { Path = path });
        connection.Execute("PRAGMA wal_autocheckpoint = 8192");
        connection.Execute("CREATE TABLE grains(key TEXT PRIMARY KEY, version INTEGER NOT NULL, state BLOB NOT NULL) WITHOUT ROWID");
    }

    public long Rows => connection.ReadInt64("SELECT count(*) FROM grains");

    public long Versions => connection.ReadInt64("SELECT coalesce(sum(version), 0) FROM grains");

    public async Task CommitAsync(string key, byte[] state)
    {
        await turn.WaitAsync();
        try
        {
            // Without BEGIN each statement is a transaction of its own, durable when it returns.
            connection.Statement("INSERT INTO grains(key, version, state) VALUES(?1, 1, ?2) ON CONFLICT(key) DO UPDATE SET version = version + 1, state = ?2")
                .Bind(1, key).Bind(2, state).Execute();
        }
        finally
        {
            turn.Release();
        }
    }

    public static byte[] State(string key) => Encoding.UTF8.GetBytes($$"""{"id":"{{key}}","fill":"{{new string('x', 500)}}"}""");

    public void Dispose()
    {
        connection.Dispose();
        turn.Dispose();
    }
}
