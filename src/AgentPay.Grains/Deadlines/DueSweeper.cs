using System.Collections.Concurrent;
using AgentPay.Grains.Journal;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Deadlines;

/// <summary>
/// Tells grains when their deadlines pass. The deadlines are rows: this only sleeps until the next one, so none can be lost between two writes.
/// One whose grain does not take it is told again later and later, and those behind it are not held up.
/// </summary>
internal sealed partial class DueSweeper(IGrainFactory grains, IAtomicStore store, Surroundings surroundings, TimeProvider clock, ILogger<DueSweeper> logger) : BackgroundService
{
    /// <summary>The longest sleep: bounds how late a deadline set by another process, or a clock that was set back, is seen.</summary>
    private static readonly TimeSpan SleepMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SleepMin = TimeSpan.FromMilliseconds(100);

    /// <summary>A clock that went back by less only makes deadlines late by as much.</summary>
    private static readonly TimeSpan SetBackMin = TimeSpan.FromSeconds(2);

    /// <summary>No deadline is set further ahead than this.</summary>
    private static readonly TimeSpan AheadMax = TimeSpan.FromHours(1);
    private const int BatchMax = 256;
    private const int ReadMax = 20_000;

    private readonly ConcurrentDictionary<DueItem, byte> underWay = new();
    private readonly ConcurrentDictionary<DueItem, TimeSpan> ofOldClock = new();
    private readonly DueRetries retries = new(clock);
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly long startedAt = clock.GetTimestamp();
    private long nextWakeTicks = long.MaxValue;
    private DateTimeOffset startedWhen = clock.GetUtcNow();

    /// <summary>A deadline was set: sleeps no longer than until then.</summary>
    public void Expect(DateTimeOffset at)
    {
        if (at.UtcTicks < Interlocked.Read(ref nextWakeTicks) && wake.CurrentCount == 0)
        {
            try
            {
                wake.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another deadline woke it at the same moment: once is enough.
            }
        }
    }

    public override void Dispose()
    {
        wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var sleep = SleepMax;
            try
            {
                // What is set while this reads wakes it again.
                Interlocked.Exchange(ref nextWakeTicks, long.MaxValue);
                sleep = await SweepAsync(stoppingToken);
                Interlocked.Exchange(ref nextWakeTicks, (clock.GetUtcNow() + sleep).UtcTicks);
            }
            catch (StoreUnavailableException e)
            {
                LogSweepFailed(e);
            }

            await SleepAsync(sleep, stoppingToken);
        }
    }

    /// <returns>How long nothing is due.</returns>
    private async Task<TimeSpan> SweepAsync(CancellationToken stoppingToken)
    {
        var now = clock.GetUtcNow();
        await NoteSetBackAsync(now, stoppingToken);

        // Reads past those that stand and are not told now: however many there are, the next ones are seen.
        var countMax = Math.Min(BatchMax + underWay.Count + retries.Count, ReadMax);
        var items = await store.ReadDueAsync(now + SleepMax, countMax, stoppingToken);
        var elapsed = clock.GetElapsedTime(startedAt);
        await TellAsync([.. items.TakeWhile(item => item.At <= now), .. ofOldClock.Where(old => old.Value <= elapsed).Select(old => old.Key)], stoppingToken);

        var next = items.FirstOrDefault(item => item.At > now) is { } later ? later.At - now : items.Count == countMax ? SleepMin : SleepMax;
        next = retries.NextIn is { } retry && retry < next ? retry : next;
        next = !ofOldClock.IsEmpty && ofOldClock.Values.Min() - elapsed is var left && left < next ? left : next;
        return next < SleepMin ? SleepMin : next;
    }

    /// <summary>
    /// Deadlines are times of day. When the clock was set back, those that stand would come late by as much: they are told when they would have come.
    /// Those that are set from now on are of the new clock.
    /// </summary>
    private async Task NoteSetBackAsync(DateTimeOffset now, CancellationToken stoppingToken)
    {
        var elapsed = clock.GetElapsedTime(startedAt);
        var expected = startedWhen + elapsed;
        if (expected - now < SetBackMin)
        {
            startedWhen = now - elapsed;
            return;
        }

        LogSetBack(expected - now);
        var items = await store.ReadDueAsync(expected + AheadMax, ReadMax, stoppingToken);
        foreach (var item in items.Where(item => item.At > now))
        {
            ofOldClock[item] = elapsed + (item.At > expected ? item.At - expected : TimeSpan.Zero);
        }

        startedWhen = now - elapsed;
    }

    /// <summary>Tells those that are not told now; while there are neighbours, only those that none of them took.</summary>
    private async Task TellAsync(DueItem[] due, CancellationToken stoppingToken)
    {
        IReadOnlyList<DueItem> items = [.. due.Where(item => retries.MayTry(item) && !underWay.ContainsKey(item))];
        if (items.Count > 0 && surroundings.Solitude == 0)
        {
            items = await store.TakeDueAsync(items, stoppingToken);
        }

        foreach (var item in items)
        {
            if (underWay.TryAdd(item, 0))
            {
                _ = TellAsync(item, stoppingToken);
            }
        }
    }

    private async Task SleepAsync(TimeSpan time, CancellationToken stoppingToken)
    {
        using var alarm = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var woken = wake.WaitAsync(alarm.Token);
        await Task.WhenAny(woken, Task.Delay(time, clock, alarm.Token));
        await alarm.CancelAsync();
        await woken.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task TellAsync(DueItem item, CancellationToken stoppingToken)
    {
        try
        {
            var grain = grains.GetGrain<IDueReceiver>(GrainId.Create(item.Grain.Type, item.Grain.Key));
            if (!await grain.DueAsync(item.Id, item.At))
            {
                await store.ClearDueAsync(item, stoppingToken);
            }

            retries.Succeeded(item);
            ofOldClock.TryRemove(item, out _);
        }
        catch (Exception e) when (e is not InvalidProgramException)
        {
            // The row stands: a later sweep tells the grain again.
            retries.Failed(item);
            if (!stoppingToken.IsCancellationRequested)
            {
                LogTellFailed(e, item.Grain.Type, item.Grain.Key, item.Id);
            }
        }
        finally
        {
            underWay.TryRemove(item, out _);
        }
    }

    [LoggerMessage(EventId = 1910, Level = LogLevel.Warning, Message = "Deadlines could not be read; trying again.")]
    private partial void LogSweepFailed(Exception exception);

    [LoggerMessage(EventId = 1911, Level = LogLevel.Warning, Message = "{GrainType} {GrainKey} did not take its deadline {DueId}; it is told again.")]
    private partial void LogTellFailed(Exception exception, string grainType, string grainKey, string dueId);

    [LoggerMessage(EventId = 1912, Level = LogLevel.Warning, Message = "The clock was set back by {Time}; deadlines keep their time.")]
    private partial void LogSetBack(TimeSpan time);
}
