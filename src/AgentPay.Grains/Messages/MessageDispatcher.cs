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
/// Where the store applies commits in order, a message goes before its own commit is durable: what its receiver decides is never durable without it, and if the commit
/// fails, so does that. Two decisions then share a batch, or follow each other's at once.
/// </summary>
internal sealed partial class MessageDispatcher(IGrainFactory grains, IAtomicStore store, Surroundings surroundings, TimeProvider clock, ILogger<MessageDispatcher> logger) : BackgroundService
{
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstSweepsPeriod = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan NeighbourPeriod = TimeSpan.FromMilliseconds(150);
    private const int SweepCountMin = 1_000;
    private const int SweepCountMax = 64_000;

    private readonly ConcurrentDictionary<MessageId, Sending> underWay = new();
    private readonly Dictionary<(GrainRef From, GrainRef To), Queue<Sending>> lanes = [];

    private readonly Dictionary<(GrainRef From, GrainRef To), bool> failed = [];
    private readonly HeldBackMessages heldBack = new();
    private readonly CancellationTokenSource stopping = new();
    private TaskCompletionSource leasesChanged = NewSignal();
    private bool isLeftRead;
    private int sweepCount = SweepCountMin;

    /// <summary>Hands over the messages of a commit that is on its way; <see cref="Dispatch"/> or <see cref="Drop"/> follows.</summary>
    public void DispatchEarly(Commit commit, Task<CommitResult> write)
    {
        if (commit.Fate is not { } fate)
        {
            return;
        }

        foreach (var message in MessagesOf(commit))
        {
            if (surroundings.MayDecide(message.Target) && !(MayGoEarly(message) && Enqueue(message, new SendingCommit(fate, write))))
            {
                heldBack.Add(fate, message);
            }
        }
    }

    /// <summary>Hands over the messages of a durable commit that did not go early.</summary>
    public void Dispatch(Commit commit)
    {
        foreach (var message in MessagesOf(commit))
        {
            if ((commit.Fate is not { } fate || heldBack.Remove(fate, message)) && surroundings.MayDecide(message.Target) && !WaitsForSweep((commit.Grain, message.Target)))
            {
                Enqueue(message);
            }
        }
    }

    /// <summary>Forgets the messages of a commit that failed; those that went early find out by themselves.</summary>
    public void Drop(Commit commit)
    {
        if (commit.Fate is { } fate)
        {
            foreach (var message in MessagesOf(commit))
            {
                heldBack.Remove(fate, message);
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

    private static IEnumerable<WaitingMessage> MessagesOf(Commit commit) => commit.Messages.Select((message, place) =>
        new WaitingMessage(new MessageId(commit.Grain, commit.ExpectedVersion + 1, place), message.Target, message.Body, commit.DecidedAt));

    private bool MayGoEarly(WaitingMessage message)
    {
        var lane = (message.Id.Source, message.Target);
        lock (lanes)
        {
            return isLeftRead && !failed.ContainsKey(lane) && heldBack.AreNoneIn(lane);
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

    /// <returns>False when it is on its way already, or nothing goes any more.</returns>
    private bool Enqueue(WaitingMessage message, SendingCommit? source = null)
    {
        var sending = new Sending(message, source);
        if (stopping.IsCancellationRequested || !IsNew(sending))
        {
            return false;
        }

        var lane = (message.Id.Source, message.Target);
        lock (lanes)
        {
            if (lanes.TryGetValue(lane, out var queue))
            {
                queue.Enqueue(sending);
                return true;
            }

            lanes.Add(lane, new Queue<Sending>([sending]));
        }

        _ = Task.Run(() => RunAsync(lane));
        return true;
    }

    /// <summary>One by the same name whose commit failed is another message, and is on its way to nobody.</summary>
    private bool IsNew(Sending sending) =>
        underWay.TryAdd(sending.Message.Id, sending)
        || (underWay.TryGetValue(sending.Message.Id, out var other) && other.Source is { HasFailed: true } && underWay.TryUpdate(sending.Message.Id, sending, other));

    private void IsOver(Sending sending) => underWay.TryRemove(new KeyValuePair<MessageId, Sending>(sending.Message.Id, sending));

    private async Task RunAsync((GrainRef From, GrainRef To) lane)
    {
        while (Peek(lane) is { } sending)
        {
            var delivered = await DeliverAsync(sending);
            lock (lanes)
            {
                var queue = lanes[lane];
                IsOver(queue.Dequeue());
                if (!delivered)
                {
                    failed[lane] = true;
                }

                while (!delivered && queue.TryDequeue(out var behind))
                {
                    // Order holds: what comes after a failed one waits for the sweep as well.
                    IsOver(behind);
                }
            }
        }
    }

    private Sending? Peek((GrainRef From, GrainRef To) lane)
    {
        lock (lanes)
        {
            if (lanes[lane].TryPeek(out var sending))
            {
                return sending;
            }

            lanes.Remove(lane);
            return null;
        }
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
