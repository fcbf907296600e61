using System.Collections.Concurrent;
using AgentPay.Domain.Decisions;
using AgentPay.Grains.Journal;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Messages;

/// <summary>
/// Carries facts from the commit that made them to their receivers: at once in the same process, and again from the rows for whatever was left by a failure
/// or a crash. One lane per sender and receiver keeps their order; lanes run side by side. A lane that failed takes messages from the rows alone, until
/// they hold none for it: what is new must not overtake what is left. So does every lane after a start, until all that was left has been read.
/// What is for a grain that another process decides for is left to that process, which reads the rows more often while it has neighbours.
/// </summary>
internal sealed partial class MessageDispatcher(IGrainFactory grains, IAtomicStore store, Surroundings surroundings, TimeProvider clock, ILogger<MessageDispatcher> logger) : BackgroundService
{
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstSweepsPeriod = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan NeighbourPeriod = TimeSpan.FromMilliseconds(150);
    private const int SweepCountMin = 1_000;
    private const int SweepCountMax = 64_000;

    private readonly ConcurrentDictionary<MessageId, byte> underWay = new();
    private readonly Dictionary<(GrainRef From, GrainRef To), Queue<WaitingMessage>> lanes = [];
    private readonly Dictionary<(GrainRef From, GrainRef To), bool> failed = [];
    private readonly CancellationTokenSource stopping = new();
    private TaskCompletionSource leasesChanged = NewSignal();
    private bool isLeftRead;
    private int sweepCount = SweepCountMin;

    /// <summary>Hands over the messages of a durable commit.</summary>
    public void Dispatch(Commit commit)
    {
        for (var i = 0; i < commit.Messages.Count; i++)
        {
            var message = commit.Messages[i];
            var id = new MessageId(commit.Grain, commit.ExpectedVersion + 1, i);
            if (surroundings.MayDecide(message.Target) && !WaitsForSweep((commit.Grain, message.Target)))
            {
                Enqueue(new WaitingMessage(id, message.Target, message.Body, commit.DecidedAt));
            }
        }
    }

    public override void Dispose()
    {
        stopping.Dispose();
        base.Dispose();
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        stopping.Cancel();
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        surroundings.LeasesChanged += Wake;
        try
        {
            await SweepRepeatedlyAsync(stoppingToken);
        }
        finally
        {
            surroundings.LeasesChanged -= Wake;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Wake() => Volatile.Read(ref leasesChanged).TrySetResult();

    private async Task SweepRepeatedlyAsync(CancellationToken stoppingToken)
    {
        var newest = clock.GetUtcNow();
        var sentBefore = DateTimeOffset.MaxValue;
        while (!stoppingToken.IsCancellationRequested)
        {
            // What waited for a grain that is decided for here from now on waits no longer: its sender may be dead.
            var isOursAnew = leasesChanged.Task.IsCompleted;
            if (isOursAnew)
            {
                Volatile.Write(ref leasesChanged, NewSignal());
            }

            var pause = SweepPeriod;
            try
            {
                pause = !await SweepAsync(sentBefore, isOursAnew, stoppingToken) ? FirstSweepsPeriod : surroundings.Solitude != 0 ? SweepPeriod : NeighbourPeriod;
            }
            catch (StoreUnavailableException e)
            {
                LogSweepFailed(e);
            }

            // A clock that was set back hides no message that was sent before.
            newest = clock.GetUtcNow() is var now && now > newest ? now : newest;
            sentBefore = newest - SweepPeriod;
            await Task.WhenAny(Task.Delay(pause, clock, stoppingToken), leasesChanged.Task);
        }
    }

    /// <summary>Delivers what was left before a time, and whatever neighbours, or this process before it might, sent to grains that are decided for here.</summary>
    /// <returns>False while lanes still take from the rows what was sent before all that was left at the start had been read.</returns>
    private async Task<bool> SweepAsync(DateTimeOffset leftBefore, bool isOursAnew, CancellationToken stoppingToken)
    {
        var sentBefore = surroundings.Solitude != 0 ? leftBefore : DateTimeOffset.MaxValue;
        bool isFirst;
        lock (lanes)
        {
            foreach (var lane in failed.Keys)
            {
                failed[lane] = false;
            }

            isFirst = !isLeftRead;
            sentBefore = failed.Count > 0 || isFirst || isOursAnew ? DateTimeOffset.MaxValue : sentBefore;
        }

        var waiting = await store.ReadWaitingMessagesAsync(sentBefore, sweepCount, stoppingToken);
        var isAll = waiting.Count < sweepCount;
        if (isAll)
        {
            var left = waiting.Select(message => (message.Id.Source, message.Target)).ToHashSet();
            lock (lanes)
            {
                isLeftRead = true;
                foreach (var (lane, _) in failed.Where(lane => !lane.Value && !left.Contains(lane.Key)).ToArray())
                {
                    failed.Remove(lane);
                }
            }
        }

        // Rows that nobody here may deliver, and those that nobody takes, must not hide those behind them.
        var ours = waiting.Where(message => surroundings.MayDecide(message.Target)).ToArray();
        sweepCount = isAll || ours.Count(message => !IsFailed((message.Id.Source, message.Target))) > waiting.Count / 2 ? SweepCountMin : Math.Min(sweepCount * 4, SweepCountMax);

        // In the order of their making, which their times do not tell when the clock was set back.
        foreach (var message in ours.OrderBy(message => message.Id.Version).ThenBy(message => message.Id.Index))
        {
            if (isFirst || message.SentAt <= leftBefore || Surroundings.IsLeased(message.Target) || IsFailed((message.Id.Source, message.Target)))
            {
                Enqueue(message);
            }
        }

        return !isFirst;
    }

    private bool IsFailed((GrainRef From, GrainRef To) lane)
    {
        lock (lanes)
        {
            return failed.ContainsKey(lane);
        }
    }

    /// <summary>True in a lane that failed, and in every lane at first; notes that a message was left to the rows, so that the lane is not taken for empty.</summary>
    private bool WaitsForSweep((GrainRef From, GrainRef To) lane)
    {
        lock (lanes)
        {
            return (failed.ContainsKey(lane) || !isLeftRead) && (failed[lane] = true);
        }
    }

    private void Enqueue(WaitingMessage message)
    {
        if (stopping.IsCancellationRequested || !underWay.TryAdd(message.Id, 0))
        {
            return;
        }

        var lane = (message.Id.Source, message.Target);
        lock (lanes)
        {
            if (lanes.TryGetValue(lane, out var queue))
            {
                queue.Enqueue(message);
                return;
            }

            lanes.Add(lane, new Queue<WaitingMessage>([message]));
        }

        _ = Task.Run(() => RunAsync(lane));
    }

    private async Task RunAsync((GrainRef From, GrainRef To) lane)
    {
        while (Peek(lane) is { } message)
        {
            var delivered = await DeliverAsync(message);
            lock (lanes)
            {
                var queue = lanes[lane];
                underWay.TryRemove(queue.Dequeue().Id, out _);
                if (!delivered)
                {
                    failed[lane] = true;
                }

                while (!delivered && queue.TryDequeue(out var behind))
                {
                    // Order holds: what comes after a failed one waits for the sweep as well.
                    underWay.TryRemove(behind.Id, out _);
                }
            }
        }
    }

    private WaitingMessage? Peek((GrainRef From, GrainRef To) lane)
    {
        lock (lanes)
        {
            if (lanes[lane].TryPeek(out var message))
            {
                return message;
            }

            lanes.Remove(lane);
            return null;
        }
    }

    private async Task<bool> DeliverAsync(WaitingMessage message)
    {
        try
        {
            var receiver = grains.GetGrain<IFactReceiver>(GrainId.Create(message.Target.Type, message.Target.Key));
            var envelope = new FactEnvelope(MessageForms.Read(message.Body.Span), message.Id.Source, message.Id.Version, message.Id.Index);
            if (!await receiver.ReceiveAsync(envelope))
            {
                await store.RemoveMessageAsync(message.Id, stopping.Token);
            }

            return true;
        }
        catch (Exception e) when (e is not InvalidProgramException)
        {
            // The row stays and is delivered again: a fact is never dropped, whatever its receiver threw.
            if (!stopping.IsCancellationRequested)
            {
                LogDeliveryFailed(e, message.Target.Type, message.Target.Key);
            }

            return false;
        }
    }

    [LoggerMessage(EventId = 1900, Level = LogLevel.Warning, Message = "Waiting messages could not be read; trying again.")]
    private partial void LogSweepFailed(Exception exception);

    [LoggerMessage(EventId = 1901, Level = LogLevel.Warning, Message = "A message to {GrainType} {GrainKey} was not taken; it is delivered again.")]
    private partial void LogDeliveryFailed(Exception exception, string grainType, string grainKey);
}
