using AgentPay.Testing;

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
        for (var round = 0; round < 5 * TestScale.Factor; round++)
        {
            var acknowledged = await KillAfterAsync(round, acknowledgements: random.Next(1, 3_000));
            await using var store = await _file.OpenAsync();
            await acknowledged.AssertKeptAsync(store, round, Cancel);
            var events = await store.ReadEventsAsync("acct_1", 0, int.MaxValue, Cancel);
            var total = Assert.Single(await store.ReadLedgerTotalsAsync(Cancel));
            Assert.Equal((Int128)0, total.PostingSum);
            Assert.Equal(events.Count, total.Transfers);
        }
    }

    [Fact]
    public async Task A_commit_that_the_disk_refuses_is_not_acknowledged_and_writing_goes_on_when_there_is_room()
    {
        var acknowledged = new Acknowledgements();
        using (var child = WriterProcess.StartLimited(_file.Path, fileBytesMax: 1_000_000))
        {
            var refused = 0;
            var acknowledgedAfter = 0;
            while (acknowledgedAfter < 500 && await child.ReadLineAsync(Cancel) is { } line)
            {
                if (!acknowledged.Add(line))
                {
                    if (++refused == 100)
                    {
                        await child.MakeRoomAsync(Cancel);
                    }

                    continue;
                }

                acknowledgedAfter += refused >= 100 ? 1 : 0;
            }

            Assert.True(acknowledgedAfter == 500, $"After {refused} refusals {acknowledgedAfter} commits were acknowledged.");
            child.Kill();
            while (await child.ReadLineAsync(Cancel) is { } line)
            {
                _ = acknowledged.Add(line);
            }
        }

        await using var store = await _file.OpenAsync();
        await acknowledged.AssertKeptAsync(store, round: 0, Cancel);
    }

    [Fact]
    public async Task A_file_that_another_process_has_is_refused_in_one_sentence()
    {
        await using var store = await _file.OpenAsync();
        using var second = WriterProcess.Start(_file.Path, 0);
        Assert.Equal(3, await second.ExitCodeAsync(Cancel));
        Assert.Equal($"The store '{_file.Path}' cannot be opened: another process has it open.", (await second.ReadErrorAsync(Cancel)).Trim());
    }

    private async Task<Acknowledgements> KillAfterAsync(int round, int acknowledgements)
    {
        using var child = WriterProcess.Start(_file.Path, round);
        var acknowledged = new Acknowledgements();
        var count = 0;
        while (await child.ReadLineAsync(Cancel) is { } line)
        {
            _ = acknowledged.Add(line);
            if (++count == acknowledgements)
            {
                child.Kill();
            }
        }

        Assert.True(count >= acknowledgements, await child.ReadErrorAsync(Cancel));
        return acknowledged;
    }
}
