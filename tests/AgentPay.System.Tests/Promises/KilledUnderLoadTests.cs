using AgentPay.Storage.Tests.Postgres;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P4. Whatever ends in the middle of 64 writers, what they were told is there when it runs again, and of what they were not told nothing is half there.</summary>
[Collection("Two engines")]
public sealed class KilledUnderLoadTests
{
    private static readonly int _kills = TestScale.Factor > 1 ? 40 : 2;
    private static readonly int _cuts = TestScale.Factor > 1 ? 10 : 1;
    private readonly Random _chance = new(TestScale.FirstSeed);

    [Flags]
    private enum Ends
    {
        Engine = 1,
        Database = 2,
        Power = 4,
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_half_there_when_the_engine_is_killed_under_64_writers()
    {
        await using var engines = await BookEngines.StartAloneAsync();
        await RunAsync(engines, Enumerable.Repeat(Ends.Engine, _kills));
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_half_there_when_the_engine_its_database_or_both_are_killed_under_64_writers()
    {
        await using var engines = await BookEngines.StartAsync(1);
        Ends[] kinds = [Ends.Engine | Ends.Database, Ends.Database, Ends.Engine];
        await RunAsync(engines, Enumerable.Range(0, _kills).Select(round => kinds[round % kinds.Length]));
    }

    [Fact]
    [Trait("Needs", "disk")]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_half_there_when_the_power_of_the_database_is_cut_under_64_writers()
    {
        await using var disk = await OwnDisk.LosingAsync();
        await using var engines = await BookEngines.StartAsync(1, new PrivatePostgres(disk.Mounts, disk.Server + "/data", log: null));

        // The engine is on the same machine or on another.
        await RunAsync(engines, Enumerable.Range(0, _cuts).Select(round => round % 2 == 0 ? Ends.Power | Ends.Engine : Ends.Power), disk);
    }

    /// <summary>What shows that the disk loses something: without it the test before this one could not fail.</summary>
    [Fact]
    [Trait("Needs", "disk")]
    public async Task A_database_that_acknowledges_before_it_syncs_is_found_out_when_its_power_is_cut()
    {
        await using var disk = await OwnDisk.LosingAsync();
        await using var engines = await BookEngines.StartAsync(1, new PrivatePostgres(disk.Mounts, disk.Server + "/data", log: null));
        var writers = new BookWriters(engines);

        // The engine asks when it connects, and would refuse it. Nothing else syncs the log meanwhile: no checkpoint, no megabyte of it.
        await EndUnderLoadAsync(
            engines, writers, Ends.Power | Ends.Engine, disk, checkpoints: false,
            meanwhile: () => ChangeAsync(engines, "SET synchronous_commit = off", "SET wal_writer_delay = '10s'", "SET wal_writer_flush_after = '1GB'"));
        await ChangeAsync(engines, "RESET ALL");
        await engines.All[0].StartAsync(waitUntilReady: false);

        var faults = await writers.FaultsAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{writers.Acknowledged} acknowledged, {faults.Count} faults, the first: {faults.FirstOrDefault()}");
        Assert.NotEmpty(faults);
    }

    private async Task RunAsync(BookEngines engines, IEnumerable<Ends> rounds, OwnDisk? disk = null)
    {
        var (clock, writers) = (TimeProvider.System, new BookWriters(engines));
        var (count, since, down) = (0, clock.GetTimestamp(), TimeSpan.Zero);
        foreach (var ends in rounds)
        {
            await EndUnderLoadAsync(engines, writers, ends, disk);
            var ended = clock.GetTimestamp();
            if (ends.HasFlag(Ends.Engine))
            {
                await engines.All[0].StartAsync(waitUntilReady: false);
            }

            down += clock.GetElapsedTime(ended);
            var faults = await writers.FaultsAsync();
            Assert.True(faults.Count == 0, $"Seed {TestScale.FirstSeed}, end {count} ({ends}): {faults.Count} faults. {string.Join('\n', faults.Take(5))}");
            count++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {TestScale.FirstSeed}: {count} ends, {writers.Acknowledged} acknowledged and read back, {writers.Unknown.There} unanswered and there, {writers.Unknown.Absent} unanswered and absent; "
            + $"{clock.GetElapsedTime(since).TotalSeconds:0} s, of which {down.TotalSeconds:0} s to start.");
        Assert.DoesNotContain("unhandled exception", engines.All[0].Program.Output, StringComparison.OrdinalIgnoreCase);
        engines.All[0].Program.Terminate();
        Assert.Equal(0, await engines.All[0].Program.EndAsync());
        await engines.All[0].AssertWholeAsync(writers.Transfers, hasEvents: false);
    }

    /// <summary>A round of the writers, and its end 0.3 to 2 seconds after the first was answered. A database is started again; an engine is not.</summary>
    private async Task EndUnderLoadAsync(BookEngines engines, BookWriters writers, Ends ends, OwnDisk? disk, bool checkpoints = true, Func<Task>? meanwhile = null)
    {
        var before = writers.Acknowledged;
        var writing = writers.WriteAsync();
        await Wait.UntilAsync(() => Task.FromResult(writers.Acknowledged > before || writing.IsCompleted));
        await (meanwhile?.Invoke() ?? Task.CompletedTask);
        var time = TimeSpan.FromMilliseconds(_chance.Next(300, 2_000));
        if (disk is not null && checkpoints && _chance.Next(2) == 0)
        {
            // While the database writes its tables as well.
            await Task.Delay(time / 2, TimeProvider.System, TestContext.Current.CancellationToken);
            _ = engines.Postgres.ExecuteAsync("CHECKPOINT").ContinueWith(static over => over.Exception, TaskScheduler.Default);
            time /= 2;
        }

        await Task.Delay(time, TimeProvider.System, TestContext.Current.CancellationToken);
        List<Func<Task>> steps = [];
        if (ends.HasFlag(Ends.Engine))
        {
            steps.Add(engines.All[0].KillAsync);
        }

        if (ends.HasFlag(Ends.Database) || ends.HasFlag(Ends.Power))
        {
            steps.Insert(_chance.Next(steps.Count + 1), () => EndDatabaseAsync(engines, disk));
        }

        foreach (var step in steps)
        {
            await step();
        }

        await writing;
        if (ends != Ends.Engine)
        {
            await engines.Postgres.StartAsync();
        }
    }

    private static async Task ChangeAsync(BookEngines engines, params string[] changes)
    {
        foreach (var change in changes)
        {
            await engines.Postgres.ExecuteAsync("ALTER SYSTEM " + change);
        }

        await engines.Postgres.ExecuteAsync("SELECT pg_reload_conf()");
    }

    private async Task EndDatabaseAsync(BookEngines engines, OwnDisk? disk)
    {
        if (disk is not null)
        {
            await disk.CutPowerAsync(_chance.Next(2) == 0 ? null : TimeSpan.FromMilliseconds(_chance.Next(40)));
        }

        await engines.Postgres.KillAsync();
        await (disk?.RestoreAsync() ?? Task.CompletedTask);
    }
}
