using AgentPay.Storage.Sqlite.Native;
using AgentPay.Testing;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>A sync that fails says that something did not reach the disk, and no later sync says it again: the kernel may have given those pages up.</summary>
public sealed class FailedSyncTests
{
    private const int ProcessesMax = 24;
    private const int OperationsMax = 20_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sync_that_failed_is_never_acknowledged_nor_built_upon_whether_the_power_or_only_the_process_ends()
    {
        var seed = TestScale.FirstSeed == 1 ? Environment.TickCount : TestScale.FirstSeed;
        var random = new Random(seed);
        var (count, ends, halts) = (0, 0, 0);
        for (var look = 0; look < 10 * TestScale.Factor; look++)
        {
            using var file = new TemporaryStore();
            var acknowledged = new List<Acknowledgements>();
            var code = 0;
            while (code != LosingDisk.CutCode)
            {
                Assert.True(acknowledged.Count < ProcessesMax, $"Seed {seed}: no end.");
                (code, var told, var isHalted) = await RunAsync(file.Path, acknowledged, random);
                count += told;
                halts += isHalted ? 1 : 0;
                ends++;
            }

            LosingDisk.Restore(file.Path);
            await AssertWholeAsync(file, acknowledged, $"Seed {seed}, look {look}.");
        }

        Assert.True(count > 0, "No commit was acknowledged before a failed sync.");
        Assert.True(halts > 0, "No process stopped writing.");
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}: {ends} processes, of which {halts} stopped writing; {count} acknowledged commits.");
    }

    /// <summary>Writes until a sync fails and whatever comes of it; the exit code, how many commits were acknowledged, and whether the process refused to write any more.</summary>
    private static async Task<(int Code, int Told, bool IsHalted)> RunAsync(string path, List<Acknowledgements> acknowledged, Random random)
    {
        // Into the work of many checkpoints, or soon after a start, while what the process before left is still in the log.
        var isSoon = acknowledged.Count > 0 && random.Next(2) == 0;
        var failedSync = isSoon ? random.Next(0, 6) : random.Next(3) == 0 ? random.Next(5, 100) : -random.Next(2, 20);
        using var child = WriterProcess.StartOnLosingDisk(path, acknowledged.Count, isSoon ? random.Next(10, 200) : OperationsMax, random.Next(), failedSync);
        var (told, count, isHalted) = (new Acknowledgements(), 0, false);
        while (await child.ReadLineAsync(Cancel) is { } line)
        {
            count += told.Add(line) ? 1 : 0;
            isHalted |= line.Contains("until the engine is started again", StringComparison.Ordinal);
        }

        var code = await child.ExitCodeAsync(Cancel);
        Assert.True(code is LosingDisk.CutCode or LosingDisk.EndedCode, $"{code} {await child.ReadErrorAsync(Cancel)}");
        acknowledged.Add(told);
        return (code, count, isHalted);
    }

    private static async Task AssertWholeAsync(TemporaryStore file, List<Acknowledgements> acknowledged, string words)
    {
        await using var store = await file.OpenAsync();
        using (var connection = SqliteConnection.Open(file.Path, Sqlite3.OpenReadOnly, TimeSpan.Zero))
        {
            var found = connection.ReadText("PRAGMA integrity_check");
            Assert.True(found is "ok", $"{words} {found}");
        }

        for (var round = 0; round < acknowledged.Count; round++)
        {
            try
            {
                await acknowledged[round].AssertKeptAsync(store, round, Cancel);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"{words} Round {round} of {acknowledged.Count}.", failure);
            }
        }
    }
}
