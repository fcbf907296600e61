using AgentPay.Storage.Sqlite.Native;
using AgentPay.Testing;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>A killed process leaves its writes to the kernel, synced or not; a machine without power does not.</summary>
public sealed class PowerCutTests : IDisposable
{
    private TemporaryStore _file = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_half_there_when_the_power_is_cut()
    {
        var seed = TestScale.FirstSeed == 1 ? Environment.TickCount : TestScale.FirstSeed;
        var random = new Random(seed);
        var acknowledged = new List<Acknowledgements>();
        var (cutsMade, count) = (0, 0);
        for (var look = 0; look < 6 * TestScale.Factor; look++)
        {
            if (look > 0 && look % 6 == 0)
            {
                // A look reads all there is.
                _file.Dispose();
                (_file, acknowledged) = (new TemporaryStore(), []);
            }

            // Some cuts come while what an earlier one left is still being read.
            for (var cuts = look % 3; cuts >= 0; cuts--)
            {
                var operations = random.Next(4) == 0 ? random.Next(1, 200) : random.Next(200, 6_000);
                count += await CutAsync(acknowledged, operations, random.Next());
                cutsMade++;
            }

            await AssertWholeAsync(acknowledged, $"Seed {seed}, {acknowledged.Count} cuts.");
        }

        Assert.True(count > 0, "No commit was acknowledged before its cut.");
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}: {cutsMade} cuts, {count} acknowledged commits.");
    }

    /// <summary>Writes until the cut; how many commits were acknowledged before it.</summary>
    private async Task<int> CutAsync(List<Acknowledgements> acknowledged, int operations, int seed)
    {
        using var child = WriterProcess.StartOnLosingDisk(_file.Path, acknowledged.Count, operations, seed);
        var (told, count) = (new Acknowledgements(), 0);
        while (await child.ReadLineAsync(Cancel) is { } line)
        {
            Assert.True(told.Add(line), line);
            count++;
        }

        Assert.True(await child.ExitCodeAsync(Cancel) == LosingDisk.CutCode, await child.ReadErrorAsync(Cancel));
        LosingDisk.Restore(_file.Path);
        acknowledged.Add(told);
        return count;
    }

    private async Task AssertWholeAsync(List<Acknowledgements> acknowledged, string words)
    {
        await using var store = await _file.OpenAsync();
        using (var connection = SqliteConnection.Open(_file.Path, Sqlite3.OpenReadOnly, TimeSpan.Zero))
        {
            Assert.True(connection.ReadText("PRAGMA integrity_check") is "ok", words);
        }

        for (var round = 0; round < acknowledged.Count; round++)
        {
            await acknowledged[round].AssertKeptAsync(store, round, Cancel);
        }

        var events = await store.ReadEventsAsync("acct_1", 0, int.MaxValue, Cancel);
        var totals = await store.ReadLedgerTotalsAsync(Cancel);
        Assert.All(totals, total => Assert.Equal((Int128)0, total.PostingSum));
        Assert.Equal(events.Count, totals.Sum(total => total.Transfers));
    }
}
