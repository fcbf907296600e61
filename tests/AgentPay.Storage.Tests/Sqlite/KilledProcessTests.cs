using System.Globalization;
using AgentPay.Storage.Sqlite;
using AgentPay.Storage.Tests.Contract;

namespace AgentPay.Storage.Tests.Sqlite;

public sealed class KilledProcessTests : IDisposable
{
    private readonly TemporaryStore _file = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_half_there_when_the_process_is_killed()
    {
        var seed = Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage("seed {0}", seed);
        var random = new Random(seed);
        for (var round = 0; round < 5; round++)
        {
            var acknowledged = await KillAfterAsync(round, acknowledgements: random.Next(1, 3_000));
            await using var store = await _file.OpenAsync();
            for (var writer = 0; writer < 16; writer++)
            {
                var key = $"r{round}-w{writer}";
                await AssertWholeAsync(store, key, acknowledged.GetValueOrDefault(key));
            }

            var events = await store.ReadEventsAsync("acct_1", 0, int.MaxValue, Cancel);
            Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(entry => entry.Sequence));
            var total = Assert.Single(await store.ReadLedgerTotalsAsync(Cancel));
            Assert.Equal((Int128)0, total.PostingSum);
            Assert.Equal(events.Count, total.Transfers);
        }
    }

    [Fact]
    public async Task A_commit_that_the_disk_refuses_is_not_acknowledged_and_writing_goes_on_when_there_is_room()
    {
        var acknowledged = new Dictionary<string, long>();
        using (var child = WriterProcess.StartLimited(_file.Path, fileBytesMax: 1_000_000))
        {
            var refused = 0;
            var acknowledgedAfter = 0;
            while (acknowledgedAfter < 500 && await child.ReadLineAsync(Cancel) is { } line)
            {
                if (line.StartsWith(WriterProcess.Refused, StringComparison.Ordinal))
                {
                    if (++refused == 100)
                    {
                        await child.MakeRoomAsync(Cancel);
                    }

                    continue;
                }

                Acknowledge(acknowledged, line);
                acknowledgedAfter += refused >= 100 ? 1 : 0;
            }

            Assert.True(acknowledgedAfter == 500, $"After {refused} refusals {acknowledgedAfter} commits were acknowledged.");
            child.Kill();
            while (await child.ReadLineAsync(Cancel) is { } line)
            {
                Acknowledge(acknowledged, line);
            }
        }

        await using var store = await _file.OpenAsync();
        for (var writer = 0; writer < 16; writer++)
        {
            await AssertWholeAsync(store, $"r0-w{writer}", acknowledged.GetValueOrDefault($"r0-w{writer}"));
        }

        var events = await store.ReadEventsAsync("acct_1", 0, int.MaxValue, Cancel);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task A_file_that_another_process_has_is_refused_in_one_sentence()
    {
        await using var store = await _file.OpenAsync();
        using var second = WriterProcess.Start(_file.Path, 0);
        Assert.Equal(3, await second.ExitCodeAsync(Cancel));
        Assert.Equal($"The store '{_file.Path}' cannot be opened: another process has it open.", (await second.ReadErrorAsync(Cancel)).Trim());
    }

    private async Task<Dictionary<string, long>> KillAfterAsync(int round, int acknowledgements)
    {
        using var child = WriterProcess.Start(_file.Path, round);
        var acknowledged = new Dictionary<string, long>();
        var count = 0;
        while (await child.ReadLineAsync(Cancel) is { } line)
        {
            Acknowledge(acknowledged, line);
            if (++count == acknowledgements)
            {
                child.Kill();
            }
        }

        Assert.True(count >= acknowledgements, await child.ReadErrorAsync(Cancel));
        return acknowledged;
    }

    /// <summary>Keeps the newest version; a line that the kill cut short names an older one, or none.</summary>
    private static void Acknowledge(Dictionary<string, long> acknowledged, string line)
    {
        if (line.Split(' ') is [var key, var version] && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            acknowledged[key] = Math.Max(number, acknowledged.GetValueOrDefault(key));
        }
    }

    private static async Task AssertWholeAsync(SqliteAtomicStore store, string key, long acknowledged)
    {
        var state = await store.ReadAsync(Some.Grain(key), Cancel);
        var version = state?.Version ?? 0;
        Assert.InRange(version, acknowledged, acknowledged + 1);
        Assert.Equal(version, (await store.ReadTransfersAsync(Some.Grain(key), Cancel)).Count);
        Assert.Equal(version, (await store.ReadObjectEventsAsync(key, Cancel)).Count);
        Assert.Equal(-version, await store.ReadBalanceAsync(key, Some.Usdc, Cancel));
        Assert.Equal(version == 0, await store.ReadAnswerAsync("acct_1", $"{key}-{version - 1}", Some.Now, Cancel) is null);
        Assert.Null(await store.ReadAnswerAsync("acct_1", $"{key}-{version}", Some.Now, Cancel));
        if (state is not null)
        {
            Assert.Equal(version.ToString(CultureInfo.InvariantCulture), Some.Text(state.State));
            var messages = await store.ReadWaitingMessagesAsync(Some.Now, int.MaxValue, Cancel);
            Assert.Equal(version, messages.Count(message => message.Id.Source == Some.Grain(key)));
            var due = await store.ReadDueAsync(Some.Now.AddYears(1), int.MaxValue, Cancel);
            Assert.Equal(Some.Now.AddSeconds(version - 1), due.Single(item => item.Grain == Some.Grain(key)).At);
        }
    }
}
