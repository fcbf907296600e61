using System.Collections.Concurrent;
using System.Globalization;
using AgentPay.Storage.Tests.Postgres;
using AgentPay.SystemTests.World;
using AgentPay.Testing;
using Npgsql;

namespace AgentPay.SystemTests.Promises;

/// <summary>P15. The disk under the database is full: nothing is acknowledged that is not kept, and when there is room again the engine serves by itself.</summary>
[Collection("Two engines")]
public sealed class FullDiskTests
{
    private const int Callers = 16;
    private const int Mebibytes = 96;
    private const int RefusalsMin = 10 * Callers;
    private static readonly int _rounds = TestScale.Factor > 1 ? 4 : 1;
    private static readonly TimeSpan _backMax = TimeSpan.FromSeconds(5);
    private readonly ConcurrentQueue<Told> _told = new();
    private readonly Caller[] _callers = [.. Enumerable.Range(0, Callers).Select(static number => new Caller(number))];

    /// <summary>One request and what it was told.</summary>
    private sealed record Told(Caller Caller, long Asked, Answer Answer);

    /// <summary>While the tables have no room the server refuses writes and runs; without room for its log it ends in a panic, recovers, and may stop for good.</summary>
    [Theory]
    [Trait("Needs", "disk")]
    [InlineData("tables")]
    [InlineData("log")]
    public async Task While_the_disk_under_the_database_is_full_nothing_is_acknowledged_and_with_room_again_the_engine_serves_within_five_seconds(string full)
    {
        var isLog = full == "log";
        await using var disk = await OwnDisk.SmallAsync(Mebibytes);
        await using var engines = await BookEngines.StartAsync(1, new PrivatePostgres(disk.Mounts, isLog ? null : disk.Server + "/data", isLog ? disk.Server + "/log" : null));
        var engine = engines.All[0];
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var calls = Task.WhenAll(_callers.Select(caller => Task.Run(() => CallAsync(engine, caller, over.Token))));
        for (var round = 0; round < _rounds; round++)
        {
            await UntilAsync(calls, () => Count(200) >= (round + 1) * 100);
            await FillAsync(engines, disk, isLog, calls);
            await ServedAgainAsync(engines, disk, calls);
        }

        await over.CancelAsync();
        await calls;
        await engines.Postgres.KillAsync();
        await engines.Postgres.StartAsync();
        await AssertKeptAsync(engines);
        Assert.DoesNotContain("unhandled exception", engine.Program.Output, StringComparison.OrdinalIgnoreCase);
        engine.Program.Terminate();
        Assert.Equal(0, await engine.Program.EndAsync());
        await engine.AssertWholeAsync(_callers.Sum(static caller => caller.Booked.Count), hasEvents: false);
    }

    private async Task FillAsync(BookEngines engines, OwnDisk disk, bool isLog, Task calls)
    {
        var refused = Count(503) + RefusalsMin;
        await UntilAsync(calls, async () =>
        {
            // What the server gave back meanwhile, too.
            disk.Fill();
            if (isLog && engines.Postgres.IsRunning)
            {
                // What is left of the log's last file would hold much.
                await TryAsync(engines.Postgres, "SELECT pg_switch_wal()");
            }

            return Count(503) >= refused;
        });
    }

    private async Task ServedAgainAsync(BookEngines engines, OwnDisk disk, Task calls)
    {
        var clock = TimeProvider.System;
        var hasStopped = !engines.Postgres.IsRunning;
        disk.MakeRoom();
        await UntilAsync(calls, async () =>
        {
            if (!engines.Postgres.IsRunning)
            {
                hasStopped = true;
                await engines.Postgres.KillAsync();
                await engines.Postgres.StartAsync();
            }

            return await TryAsync(engines.Postgres, "SELECT 1");
        });
        var back = clock.GetTimestamp();
        await UntilAsync(calls, () => _told.Where(told => told.Asked > back && told.Answer.Status == 200).Select(static told => told.Caller).Distinct().Count() == Callers);
        var served = clock.GetElapsedTime(back);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Count(503)} refused so far, {Count(200)} booked; the server {(hasStopped ? "had stopped and was started again" : "ran on")}; all {Callers} served {served.TotalSeconds:0.00} s after it was back.");
        Assert.True(served < _backMax, $"{served.TotalSeconds:0.0} s: {engines.All[0].Program.Output}");
    }

    /// <summary>Every key that was told it is booked is told the same again, and its transfer is in the balance; nothing else is.</summary>
    private async Task AssertKeptAsync(BookEngines engines)
    {
        var chance = new Random(0);
        await Parallel.ForEachAsync(_callers, TestContext.Current.CancellationToken, async (caller, _) =>
        {
            foreach (var (key, told) in caller.Booked)
            {
                var again = await engines.BookAsync(chance, key, caller.Body);
                Assert.Equal((told.Status, told.Body, "true"), (again.Status, again.Body, again.Header("Idempotent-Replayed")));
            }

            var balances = await engines.GetAsync(chance, $"/v1/accounts/{caller.Name}/balances");
            Assert.Equal(caller.Booked.Count.ToString(CultureInfo.InvariantCulture), balances.Json.GetProperty("balances")[0].GetProperty("amount").GetString());
        });
    }

    /// <summary>One transfer after the other, each asked for again under its key until it is booked.</summary>
    private async Task CallAsync(Engine engine, Caller caller, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{caller.Name}-{caller.Booked.Count}");
            var booked = await Wait.ForAsync(
                async () =>
                {
                    var asked = TimeProvider.System.GetTimestamp();
                    var answer = await engine.PostAsync("/v1/transfers", caller.Body, ("Idempotency-Key", key), ("Authorization", "Bearer " + BookEngines.Key));
                    _told.Enqueue(new Told(caller, asked, answer));
                    Assert.True(answer.Status is 200 || (answer.Status is 503 && answer.Text("code") == "store_unavailable" && answer.Headers.RetryAfter is not null), answer.ToString());
                    return answer.Status == 200 ? answer : null;
                },
                seconds: 120,
                key);
            caller.Booked.Add((key, booked));
        }
    }

    private int Count(int status) => _told.Count(told => told.Answer.Status == status);

    private static async Task<bool> TryAsync(PrivatePostgres postgres, string sql)
    {
        try
        {
            await postgres.ExecuteAsync(sql);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static Task UntilAsync(Task calls, Func<bool> condition) => UntilAsync(calls, () => Task.FromResult(condition()));

    /// <summary>Or until a caller was told something wrong.</summary>
    private static async Task UntilAsync(Task calls, Func<Task<bool>> condition)
    {
        await Wait.UntilAsync(async () => calls.IsCompleted || await condition(), seconds: 60);
        if (calls.IsCompleted)
        {
            await calls;
        }
    }

    private sealed class Caller(int number)
    {
        public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"caller-{number}");

        public string Body => BookEngines.Order(BookEngines.Mint, Name, 1);

        public List<(string Key, Answer Told)> Booked { get; } = [];
    }
}
