using System.Collections.Concurrent;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Deadlines;

/// <summary>
/// Tells grains when their deadlines pass. The deadlines are rows: this only sleeps until the next one, so none can be lost between two writes.
/// </summary>
internal sealed partial class DueSweeper(IGrainFactory grains, IAtomicStore store, TimeProvider clock, ILogger<DueSweeper> logger) : BackgroundService
{
    /// <summary>The longest sleep: bounds how late a deadline set by another process is seen.</summary>
    private static readonly TimeSpan SleepMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SleepMin = TimeSpan.FromMilliseconds(100);
    private const int BatchMax = 256;

    private readonly ConcurrentDictionary<DueItem, byte> underWay = new();
    private readonly SemaphoreSlim wake = new(0, 1);
    private long nextWakeTicks = long.MaxValue;

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
                foreach (var item in await store.ReadDueAsync(clock.GetUtcNow(), BatchMax, stoppingToken))
                {
                    if (underWay.TryAdd(item, 0))
                    {
                        _ = TellAsync(item, stoppingToken);
                    }
                }

                var next = await store.ReadNextDueAsync(stoppingToken);
                Interlocked.Exchange(ref nextWakeTicks, next?.UtcTicks ?? long.MaxValue);
                if (next is { } at)
                {
                    var until = at - clock.GetUtcNow();
                    sleep = until < SleepMin ? SleepMin : until < SleepMax ? until : SleepMax;
                }
            }
            catch (StoreUnavailableException e)
            {
                LogSweepFailed(e);
            }

            await SleepAsync(sleep, stoppingToken);
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
        }
        catch (Exception e) when (e is not InvalidProgramException)
        {
            // The row stands: the next sweep tells the grain again.
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
}
