using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Tests.Contract;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.Storage.Tests.Sqlite;

public sealed class SqliteFileTests : IDisposable
{
    private readonly TemporaryStore _file = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task A_file_that_is_open_is_refused_until_it_is_closed()
    {
        await using (await _file.OpenAsync())
        {
            var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => _file.OpenAsync());
            Assert.Equal($"The store '{_file.Path}' cannot be opened: another process has it open.", refusal.Message);
        }

        await using var again = await _file.OpenAsync();
        Assert.Null(again.LastWriteFailure);
    }

    [Fact]
    public async Task A_link_to_an_open_file_is_refused_too()
    {
        await using var store = await _file.OpenAsync();
        var link = _file.Path + ".link";
        File.CreateSymbolicLink(link, _file.Path);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => TemporaryStore.OpenAsync(link));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone()
    {
        var text = string.Concat(Enumerable.Repeat("not a database ", 400));
        await File.WriteAllTextAsync(_file.Path, text, Cancel);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _file.OpenAsync());
        Assert.Equal(text, await File.ReadAllTextAsync(_file.Path, Cancel));
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_named() =>
        Assert.Contains("/nowhere/at/all", (await Assert.ThrowsAsync<StoreUnavailableException>(() => TemporaryStore.OpenAsync("/nowhere/at/all/store.db"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_file_of_a_newer_program_is_refused_in_one_sentence()
    {
        await using (await _file.OpenAsync())
        {
        }

        using (var connection = SqliteConnection.Open(_file.Path, Sqlite3.OpenReadWrite, TimeSpan.Zero))
        {
            connection.Execute("INSERT INTO schema_migrations (number, name, applied_at) VALUES (999, '0999_later.sql', 0)");
        }

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => _file.OpenAsync());
        Assert.Equal($"The store '{_file.Path}' was written by a newer program: its schema is 999, this program knows 3.", refusal.Message);
    }

    [Fact]
    public async Task A_file_written_by_the_first_schema_still_opens_with_everything_in_it()
    {
        using (var connection = SqliteConnection.Open(_file.Path, Sqlite3.OpenReadWrite | Sqlite3.OpenCreate, TimeSpan.Zero))
        {
            connection.Execute(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Sqlite", "Golden", "schema-0001.sql"), Cancel));
        }

        await using var store = await _file.OpenAsync();
        var grain = Some.Grain("wal_1");
        var state = await store.ReadAsync(grain, Cancel);
        Assert.Equal((2L, "state two"), (state!.Version, Some.Text(state.State)));
        Assert.Equal(
            [new StoredTransfer(grain, 1, 0, Some.Transfer("payer", "merchant", 5), Some.Now), new StoredTransfer(grain, 2, 0, Some.Transfer("payer", "merchant", (UInt128)Int128.MaxValue - 5), Some.Now)],
            await store.ReadTransfersAsync(grain, Cancel));
        Assert.Equal(Int128.MaxValue, await store.ReadBalanceAsync("merchant", Some.Usdc, Cancel));
        var events = await store.ReadObjectEventsAsync("wal_1", Cancel);
        Assert.Equal([("evt_019ca961bc007000800000000000aaaa", "acct_1", 1L, 1L), ("evt_019ca961bc007000800000000000bbbb", "acct_1", 2L, 2L)], events.Select(entry => (entry.Id, entry.Account, entry.Sequence, entry.ObjectSequence)));
        Assert.Equal(new MessageId(grain, 2, 0), (await store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel)).Single().Id);
        Assert.Equal([new DueItem(grain, "expire", Some.Now.AddHours(1))], await store.ReadDueAsync(Some.Now.AddHours(1), 10, Cancel));
        Assert.Equal("0xabc", (await store.ReadObjectEventsAsync("0xabc", Cancel)).Single().Object);
        Assert.Equal("attempt:1", (await store.ReadRecordsAsync(grain, Cancel)).Single().Id);
        Assert.Equal("answer", Some.Text((await store.ReadAnswerAsync("acct_1", "key-1", Some.Now, Cancel))!.Body));
        Assert.Equal([new StoredReminder(grain, "sweep", Some.Now, TimeSpan.FromMinutes(1))], await new SqliteReminders(store).ReadAllAsync(Cancel));
        Assert.Equal(new CommitResult(CommitStatus.Committed, 3), await store.CommitAsync(Some.Commit("wal_1", 2) with { Account = "acct_1", Events = [Some.Event("wal_1")] }));
        Assert.Equal([("0xabc", 3L), ("wal_1", 4L)], (await store.ReadEventsAsync("acct_1", 2, 10, Cancel)).Select(entry => (entry.Object, entry.Sequence)));
        Assert.Equal([1L, 2, 3], (await store.ReadObjectEventsAsync("wal_1", Cancel)).Select(entry => entry.ObjectSequence));
    }

    [Fact]
    public async Task Each_reminder_is_kept_replaced_and_removed_by_grain_and_name()
    {
        var one = new StoredReminder(Some.Grain("w"), "sweep", Some.Now, TimeSpan.FromMinutes(5));
        var other = one with { Name = "bill", Period = TimeSpan.FromDays(40) };
        await using (var store = await _file.OpenAsync())
        {
            var reminders = new SqliteReminders(store);
            await reminders.UpsertAsync(one with { Period = TimeSpan.FromHours(9) }, Cancel);
            await reminders.UpsertAsync(one, Cancel);
            await reminders.UpsertAsync(other, Cancel);
            await reminders.UpsertAsync(one with { Grain = Some.Grain("x") }, Cancel);
            await reminders.RemoveAsync(Some.Grain("x"), "sweep", Cancel);
            await reminders.RemoveAsync(Some.Grain("x"), "sweep", Cancel);
        }

        await using var reopened = await _file.OpenAsync();
        Assert.Equal([other, one], await new SqliteReminders(reopened).ReadAllAsync(Cancel));
    }

    [Fact]
    public async Task A_ledger_row_that_lost_a_leg_shows_in_the_totals()
    {
        await using (var store = await _file.OpenAsync())
        {
            Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("w") with { Transfers = [Some.Transfer("a", "b", 7)] })).Status);
        }

        using (var connection = SqliteConnection.Open(_file.Path, Sqlite3.OpenReadWrite, TimeSpan.Zero))
        {
            connection.Execute("DELETE FROM ledger_accounts WHERE name = 'a'");
        }

        await using var broken = await _file.OpenAsync();
        Assert.Equal([new LedgerTotal(Some.Usdc, 7, 1)], await broken.ReadLedgerTotalsAsync(Cancel));
    }

    [Fact]
    public async Task The_container_opens_one_store_for_all_who_ask()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSqliteStore(_file.Path);
        await using var provider = services.BuildServiceProvider();
        Assert.Same(provider.GetRequiredService<IAtomicStore>(), provider.GetRequiredService<IStoreHealth>());
        Assert.Empty(await provider.GetRequiredService<IStoredReminders>().ReadAllAsync(Cancel));
    }

    [Fact]
    public void A_missing_library_is_named_with_its_package() =>
        Assert.Contains("libsqlite3-0", Assert.Throws<StoreUnavailableException>(() => SqliteLibrary.Find(["libno-such-sqlite.so.9"])).Message, StringComparison.Ordinal);

    [Fact]
    public void The_oldest_version_that_does_is_3_35()
    {
        SqliteLibrary.CheckVersion(3_035_000);
        Assert.StartsWith("SQLite 3.34.1 is too old", Assert.Throws<StoreUnavailableException>(() => SqliteLibrary.CheckVersion(3_034_001)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_that_is_no_Unicode_is_a_defect_of_its_commit_alone()
    {
        await using var store = await _file.OpenAsync();
        await Assert.ThrowsAsync<InvariantBrokenException>(() => store.CommitAsync(Some.Commit("half \ud83d")));
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("whole \ud83d\ude00"))).Status);
    }

    [Fact]
    public async Task A_write_that_breaks_takes_no_neighbour_along()
    {
        await using var store = await _file.OpenAsync();
        var before = Enumerable.Range(0, 50).Select(place => store.CommitAsync(Some.Commit($"a{place}"))).ToArray();
        var broken = store.WriteAsync(_ => throw new InvariantBrokenException("Broken on purpose."), Cancel);
        var after = Enumerable.Range(0, 50).Select(place => store.CommitAsync(Some.Commit($"b{place}"))).ToArray();

        Assert.IsType<InvariantBrokenException>((await Assert.ThrowsAsync<StoreUnavailableException>(() => broken)).InnerException);
        Assert.All(await Task.WhenAll([.. before, .. after]), result => Assert.Equal(CommitStatus.Committed, result.Status));
    }

    [Fact]
    public async Task A_decision_before_the_epoch_is_a_defect_and_at_it_is_not()
    {
        await using var store = await _file.OpenAsync();
        await Assert.ThrowsAsync<InvariantBrokenException>(() => store.CommitAsync(Some.Commit("w") with { DecidedAt = DateTimeOffset.UnixEpoch.AddTicks(-1) }));
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(Some.Commit("w") with { DecidedAt = DateTimeOffset.UnixEpoch, Events = [Some.Event("w")] })).Status);
    }
}
