using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Tests.Contract;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>Records and accounts' newest ledger rows come to their places later than their commits; nobody who reads can tell.</summary>
public sealed class GatheredWritesTests : IDisposable
{
    private const int Changes = 24;

    private static readonly string[] _assets = [Some.Usdc, "book:point"];

    private readonly TemporaryStore _file = new();
    private readonly Dictionary<string, long> _versions = [];
    private readonly Dictionary<string, SortedDictionary<string, string>> _records = [];
    private readonly Dictionary<(string Account, string Asset), Int128> _balances = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Whatever_is_written_is_read_at_once_after_a_write_that_failed_and_after_a_start(int seed)
    {
        var random = new Random(seed);
        for (var start = 0; start < 6; start++)
        {
            await using var store = await _file.OpenGatheringAsync(Changes, pagesMax: 200);
            for (var step = 0; step < 40; step++)
            {
                await (random.Next(8) == 0 ? FailAsync(store, random) : WriteAsync(store, random));
                await AssertReadAsync(store);
            }
        }
    }

    [Fact]
    public async Task What_is_gathered_stays_small_and_comes_to_its_places()
    {
        await using (var store = await _file.OpenGatheringAsync(Changes))
        {
            for (var version = 0; version < 200; version++)
            {
                var commit = Some.Commit("w", version) with
                {
                    Records = [.. Enumerable.Range(0, 4).Select(place => new RecordChange($"r{(version + (place * 7)) % 30}", Some.Bytes($"{version}")))],
                    Transfers = [Some.Transfer($"a{version % 11}", $"b{version % 7}", 1)],
                };
                Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(commit)).Status);
            }
        }

        using var file = SqliteConnection.Open(_file.Path, Sqlite3.OpenReadOnly, TimeSpan.Zero);
        Assert.Equal(30, file.ReadInt64("SELECT count(*) FROM records"));
        Assert.Equal(18, file.ReadInt64("SELECT count(*) FROM ledger_heads"));

        // What gathers while a round is under way, and until the next begins: a part of all that was written.
        Assert.InRange(file.ReadInt64("SELECT count(*) FROM record_changes"), 1, Changes);
        Assert.InRange(file.ReadInt64("SELECT max(id) - (SELECT heads_to FROM marks) FROM transfers"), 1, 2 * Changes);
    }

    [Fact]
    public async Task Writes_all_over_the_file_share_their_pages()
    {
        const int Accounts = 5_000;
        const int Batches = 200;
        var random = new Random(1);
        await using var store = await _file.OpenAsync();
        for (var version = 0; version < 10; version++)
        {
            await ScatterAsync(store, version, Enumerable.Range(version * Accounts / 10, Accounts / 10));
        }

        var before = new FileInfo(_file.Path + "-wal").Length;
        for (var version = 10; version < 10 + Batches; version++)
        {
            await ScatterAsync(store, version, Enumerable.Range(0, 128).Select(_ => random.Next(Accounts)).Distinct());
        }

        // Each account written where it lies would be a hundred pages and more for each of these batches.
        var pages = (new FileInfo(_file.Path + "-wal").Length - before) / 4_096 / Batches;
        Assert.InRange(pages, 1, 40);
    }

    private static async Task ScatterAsync(SqliteAtomicStore store, int version, IEnumerable<int> accounts)
    {
        var places = accounts.ToArray();
        var commit = Some.Commit("book", version) with
        {
            Records = [.. places.Select(place => new RecordChange($"a:account-{place}", Some.Bytes($"{version,100}")))],
            Transfers = [.. places.Chunk(2).Where(pair => pair.Length == 2).Select(pair => Some.Transfer($"account-{pair[0]}", $"account-{pair[1]}", 1))],
        };
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(commit)).Status);
    }

    private async Task WriteAsync(SqliteAtomicStore store, Random random)
    {
        var key = $"w{random.Next(4)}";
        var commit = Some.Commit(key, _versions.GetValueOrDefault(key)) with
        {
            Records = [.. Enumerable.Range(0, random.Next(5)).Select(_ => $"r{random.Next(12)}").Distinct().Select(id => new RecordChange(id, random.Next(4) == 0 ? null : Some.Bytes($"{random.Next()}")))],
            Transfers = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Some.Transfer($"a{random.Next(5)}", $"b{random.Next(5)}", (UInt128)random.Next(1, 9), _assets[random.Next(2)]))],
        };
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(commit)).Status);
        _versions[key] = _versions.GetValueOrDefault(key) + 1;
        var records = _records.TryGetValue(key, out var known) ? known : _records[key] = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var change in commit.Records)
        {
            _ = change.Body is { } body ? records[change.Id] = Some.Text(body) : records.Remove(change.Id) ? "" : "";
        }

        foreach (var transfer in commit.Transfers)
        {
            Move(transfer.Debit, transfer.Asset, -(Int128)transfer.Atoms);
            Move(transfer.Credit, transfer.Asset, (Int128)transfer.Atoms);
        }
    }

    /// <summary>Its batch is rolled back, and what the writer remembered with it.</summary>
    private async Task FailAsync(SqliteAtomicStore store, Random random)
    {
        var key = $"w{random.Next(4)}";
        var commit = Some.Commit(key, _versions.GetValueOrDefault(key)) with
        {
            State = new byte[StoreLimits.StateBytesMax],
            Records = [new RecordChange($"r{random.Next(12)}", Some.Bytes("never"))],
            Transfers = [Some.Transfer("a0", "b0", 1_000)],
        };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(commit));
    }

    private async Task AssertReadAsync(SqliteAtomicStore store)
    {
        foreach (var (key, records) in _records)
        {
            Assert.Equal(records.Select(record => $"{record.Key}={record.Value}"), (await store.ReadRecordsAsync(Some.Grain(key), Cancel)).Select(record => $"{record.Id}={Some.Text(record.Body)}"));
        }

        foreach (var ((account, asset), atoms) in _balances)
        {
            Assert.Equal(atoms, await store.ReadBalanceAsync(account, asset, Cancel));
        }
    }

    private void Move(string account, string asset, Int128 atoms) => _balances[(account, asset)] = _balances.GetValueOrDefault((account, asset)) + atoms;
}
