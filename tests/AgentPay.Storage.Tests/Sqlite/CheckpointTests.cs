using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Storage.Tests.Sqlite;

public sealed class CheckpointTests : IDisposable
{
    private const int Pages = 64;

    private readonly TemporaryStore _file = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private long LogBytes => new FileInfo(_file.Path + "-wal").Length;

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task The_log_begins_anew_while_writing_goes_on_and_everything_stays_readable()
    {
        await using var store = await OpenAsync();
        var written = 0L;
        for (; written < 400; written++)
        {
            await WriteAsync(store, written);
        }

        // 400 commits of more than 8 KiB are 3 MiB; a log that never began anew would hold all of them.
        Assert.InRange(LogBytes, 1, 2 * 1024 * 1024);
        Assert.Equal(written, (await store.ReadObjectEventsAsync("w", Cancel)).Count);
    }

    [Fact]
    public async Task A_reader_that_holds_its_snapshot_keeps_what_it_sees_and_the_log_begins_anew_after_it()
    {
        await using var store = await OpenAsync();
        await WriteAsync(store, 0);
        var version = 1L;
        using (var reader = SqliteConnection.Open(_file.Path, Sqlite3.OpenReadOnly, TimeSpan.Zero))
        {
            reader.Execute("BEGIN");
            Assert.Equal(1, reader.ReadInt64("SELECT version FROM grains"));
            for (; version < 300; version++)
            {
                await WriteAsync(store, version);
            }

            Assert.Equal(1, reader.ReadInt64("SELECT version FROM grains"));
            reader.Execute("COMMIT");
        }

        var held = LogBytes;
        for (; version < 1_500; version++)
        {
            await WriteAsync(store, version);
        }

        Assert.True(LogBytes < held + (8 * 1024 * 1024), $"The log grew from {held} to {LogBytes} bytes.");
        Assert.Equal(version, (await store.ReadAsync(Some.Grain("w"), Cancel))!.Version);
    }

    private static async Task WriteAsync(SqliteAtomicStore store, long version)
    {
        var commit = Some.Commit("w", version) with { State = new byte[4_000], Events = [Some.Event("w", new string('x', 4_000))] };
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(commit)).Status);
    }

    private Task<SqliteAtomicStore> OpenAsync() => SqliteAtomicStore.OpenAsync(
        new SqliteStoreOptions { Path = _file.Path, CheckpointPages = Pages }, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance);
}
