using AgentPay.Grains.Journal;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Messages;

/// <summary>
/// Carries facts from the commit that made them to their receivers: at once in the same process, and again from the rows for whatever was left by a failure
/// or a crash, always in the order of a sender's decisions. What is for a grain that another process decides for is left to that process, which reads the rows more often while it has neighbours.
/// Where the store applies commits in order, a message goes before its own commit is durable: what its receiver decides is never durable without it, and if the commit
/// fails, so does that. Two decisions then share a batch, or follow each other's at once.
/// </summary>
internal sealed partial class MessageDispatcher : BackgroundService
{
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstSweepsPeriod = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan NeighbourPeriod = TimeSpan.FromMilliseconds(150);
    private const int SweepCountMin = 1_000;
    private const int SweepCountMax = 64_000;

    private readonly IGrainFactory grains;
    private readonly IAtomicStore store;
    private readonly Surroundings surroundings;
    private readonly TimeProvider clock;
    private readonly ILogger<MessageDispatcher> logger;
    private readonly MessageLanes lanes;
    private readonly CancellationTokenSource stopping = new();
    private TaskCompletionSource rowsChanged = NewSignal();
    private int sweepCount = SweepCountMin;

    public MessageDispatcher(IGrainFactory grains, IAtomicStore store, Surroundings surroundings, TimeProvider clock, ILogger<MessageDispatcher> logger)
    {
        (this.grains, this.store, this.surroundings, this.clock, this.logger) = (grains, store, surroundings, clock, logger);
        lanes = new MessageLanes(DeliverAsync);
    }

    /// <summary>What lay in the rows is in its lanes: what is new goes at once.</summary>
    public bool HasReadWhatWasLeft => lanes.IsLeftRead;

    /// <summary>
    /// What lies in the rows goes at once, and before anything new: it waited for a grain that is decided for here from now on, whose sender may be dead, or it is of a
    /// commit that was given up and was written all the same.
    /// </summary>
    public void ReadAnew()
    {
        lanes.ReadAnew();
        Volatile.Read(ref rowsChanged).TrySetResult();
    }

    /// <summary>Hands over the messages of a commit that is on its way; <see cref="Dispatch"/> or <see cref="Drop"/> follows.</summary>
    public void DispatchEarly(Commit commit, Task<CommitResult> write)
    {
        if (commit.Fate is not { } fate)
        {
            return;
        }

        foreach (var message in MessagesOf(commit).Where(message => surroundings.MayDecide(message.Target)))
        {
            lanes.TakeEarly(message, new SendingCommit(fate, write));
        }
    }

    /// <summary>Hands over the messages of a durable commit that did not go early.</summary>
    public void Dispatch(Commit commit)
    {
        foreach (var message in MessagesOf(commit))
        {
            lanes.TakeNew(message, commit.Fate, isOurs: surroundings.MayDecide(message.Target));
        }
    }

    /// <summary>Forgets the messages of a commit that failed; those that went early find out by themselves.</summary>
    public void Drop(Commit commit)
    {
        if (commit.Fate is { } fate)
        {
            foreach (var message in MessagesOf(commit))
            {
                lanes.Drop(message, fate);
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
        lanes.Stop();
        stopping.Cancel();
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        surroundings.LeasesChanged += ReadAnew;
        try
        {
            await SweepRepeatedlyAsync(stoppingToken);
        }
        finally
        {
            surroundings.LeasesChanged -= ReadAnew;
        }
    }

    private static IEnumerable<WaitingMessage> MessagesOf(Commit commit) => commit.Messages.Select((message, place) =>
        new WaitingMessage(new MessageId(commit.Grain, commit.ExpectedVersion + 1, place), message.Target, message.Body, commit.DecidedAt));

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task SweepRepeatedlyAsync(CancellationToken stoppingToken)
    {
        var newest = clock.GetUtcNow();
        var sentBefore = DateTimeOffset.MaxValue;
        var isReadAgain = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            if (rowsChanged.Task.IsCompleted)
            {
                Volatile.Write(ref rowsChanged, NewSignal());
            }

            var pause = SweepPeriod;
            try
            {
                pause = !await SweepAsync(sentBefore, stoppingToken) || lanes.AnyWaitsForReading ? FirstSweepsPeriod : surroundings.Solitude != 0 ? SweepPeriod : NeighbourPeriod;
            }
            catch (StoreUnavailableException e)
            {
                LogSweepFailed(e);
            }

            // A clock that was set back hides no message that was sent before.
            newest = clock.GetUtcNow() is var now && now > newest ? now : newest;
            sentBefore = newest - SweepPeriod;

            // What came while the rows were read waits for nothing but the next reading.
            isReadAgain = !isReadAgain && lanes.AnyWaitsForReading;
            if (isReadAgain)
            {
                continue;
            }

            await Task.WhenAny(Task.Delay(pause, clock, stoppingToken), rowsChanged.Task);
        }
    }

    /// <summary>Delivers what was left before a time, and whatever neighbours, or this process before it might, sent to grains that are decided for here.</summary>
    /// <returns>False while lanes took from the rows what was sent before all that was left had been read.</returns>
    private async Task<bool> SweepAsync(DateTimeOffset leftBefore, CancellationToken stoppingToken)
    {
        lanes.BeginReading();
        var isFirst = !lanes.IsLeftRead;
        var readsAll = isFirst || surroundings.Solitude == 0 || lanes.AnyIsRowsOnly;
        var waiting = await store.ReadWaitingMessagesAsync(readsAll ? DateTimeOffset.MaxValue : leftBefore, sweepCount, stoppingToken);
        var deliverable = 0;
        foreach (var lane in waiting.GroupBy(MessageLanes.LaneOf))
        {
            if (!surroundings.MayDecide(lane.Key.To))
            {
                lanes.Leave(lane.Key);
                continue;
            }

            var isRowsOnly = lanes.IsRowsOnly(lane.Key);
            deliverable += isRowsOnly ? 0 : lane.Count();
            if (isFirst || isRowsOnly || Surroundings.IsLeased(lane.Key.To) || lane.Any(message => message.SentAt <= leftBefore))
            {
                // In the order of their making, which their times do not tell when the clock was set back.
                lanes.TakeLeft(lane.Key, lane.OrderBy(message => message.Id.Version).ThenBy(message => message.Id.Index));
            }
        }

        // Rows that nobody here may deliver, and those that nobody takes, must not hide those behind them.
        var isAll = waiting.Count < sweepCount;
        sweepCount = isAll || deliverable > waiting.Count / 2 ? SweepCountMin : Math.Min(sweepCount * 4, SweepCountMax);
        if (isAll)
        {
            // Not before they are in their lanes: what is new goes at once from here on.
            lanes.EndReading(waiting.Select(MessageLanes.LaneOf).ToHashSet());
        }

        return !isFirst;
    }

    private async Task<bool> DeliverAsync(Sending sending)
    {
        var (message, source) = (sending.Message, sending.Source);
        if (source is null)
        {
            return await DeliverAsync(message);
        }

        // Taken by a commit that is durable now, and with it the one that sent it. Else that one's end is waited for: then it goes as any other, or never was.
        return await TryEarlyAsync(message, source) || !await source.IsCommittedAsync() || await DeliverAsync(message);
    }

    private async Task<bool> TryEarlyAsync(WaitingMessage message, SendingCommit source)
    {
        try
        {
            return !source.Write.IsCompleted && await Receiver(message).ReceiveAsync(FactEnvelope.Early(MessageForms.Read(message.Body.Span), message.Id, source.Fate));
        }
        catch (Exception e) when (e is not InvalidProgramException)
        {
            // Its sender's trouble, or its receiver's, which shows again when it goes as any other.
            return false;
        }
    }

    private IFactReceiver Receiver(WaitingMessage message) => grains.GetGrain<IFactReceiver>(GrainId.Create(message.Target.Type, message.Target.Key));

    private async Task<bool> DeliverAsync(WaitingMessage message)
    {
        try
        {
            var envelope = new FactEnvelope(MessageForms.Read(message.Body.Span), message.Id.Source, message.Id.Version, message.Id.Index);
            if (!await Receiver(message).ReceiveAsync(envelope))
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
