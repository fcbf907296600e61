using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Messages;

/// <summary>
/// One lane per sender and receiver keeps the order of their messages; lanes run side by side. A lane that failed takes messages from the rows alone, until they hold none
/// for it: what is new must not overtake what is left. So does every lane after a start, and after a change in what is decided for here, until all that was left has been
/// read. While the rows are being read, what they hold behind a message that just failed stays where it is. Thread-safe.
/// </summary>
/// <param name="deliver">Hands a message to its receiver; false when it is to be tried again. Never throws.</param>
internal sealed class MessageLanes(Func<Sending, Task<bool>> deliver)
{
    private readonly Lock gate = new();
    private readonly Dictionary<MessageId, Sending> underWay = [];
    private readonly Dictionary<(GrainRef From, GrainRef To), Queue<Sending>> queues = [];
    private readonly UntoldMessages untold = new();

    // Why a lane takes from the rows alone, and whether they may hold a message of it that this reading of them did not see.
    private readonly Dictionary<(GrainRef From, GrainRef To), (RowsOnly Why, bool MayHoldMore)> rowsOnly = [];
    private readonly HashSet<(GrainRef From, GrainRef To)> failedInThisReading = [];
    private bool isLeftRead;
    private bool readsAnew = true;
    private bool isStopped;

    /// <summary>True when all that was left at the start, or at the last change in what is decided for here, has been read.</summary>
    public bool IsLeftRead
    {
        get
        {
            lock (gate)
            {
                return isLeftRead;
            }
        }
    }

    /// <summary>True when a lane takes from the rows alone.</summary>
    public bool AnyIsRowsOnly
    {
        get
        {
            lock (gate)
            {
                return rowsOnly.Count > 0;
            }
        }
    }

    /// <summary>True when a lane takes from the rows alone for no other reason than that they were not read: the next reading sets it free.</summary>
    public bool AnyWaitsForReading
    {
        get
        {
            lock (gate)
            {
                return rowsOnly.Values.Any(static lane => lane.Why == RowsOnly.Unread);
            }
        }
    }

    public static (GrainRef From, GrainRef To) LaneOf(WaitingMessage message) => (message.Id.Source, message.Target);

    public bool IsRowsOnly((GrainRef From, GrainRef To) lane)
    {
        lock (gate)
        {
            return rowsOnly.ContainsKey(lane);
        }
    }

    /// <summary>Takes a message of a commit that is on its way, or holds it back, and what comes after it in its lane, until that commit has ended.</summary>
    public void TakeEarly(WaitingMessage message, SendingCommit source)
    {
        var lane = LaneOf(message);
        var starts = false;
        lock (gate)
        {
            var goes = isLeftRead && !rowsOnly.ContainsKey(lane) && !untold.AreHeldBackIn(lane) && TryEnqueue(lane, new Sending(message, source), out starts);
            untold.Add(source.Fate, message, isHeldBack: !goes);
        }

        Start(lane, starts);
    }

    /// <summary>Takes a message of a commit that is durable now; in a lane that takes from the rows alone it is left to them.</summary>
    /// <param name="message">The message.</param>
    /// <param name="fate">Of its commit, when that was told of before it was durable.</param>
    /// <param name="isOurs">False leaves it to the rows, where the process that delivers it finds it, and this one should it become that process.</param>
    public void TakeNew(WaitingMessage message, CommitFate? fate, bool isOurs)
    {
        var lane = LaneOf(message);
        var starts = false;
        lock (gate)
        {
            // One that went early is under way, or was put back when its lane failed.
            var wentEarly = fate is not null && untold.Remove(fate, message) is { IsHeldBack: false };
            if (!isLeftRead || rowsOnly.ContainsKey(lane) || !isOurs)
            {
                LeaveToRows(lane, isOurs ? RowsOnly.Unread : RowsOnly.Foreign);
            }
            else if (!wentEarly && !TryEnqueue(lane, new Sending(message, source: null), out starts) && underWay.GetValueOrDefault(message.Id)?.Source is not null)
            {
                // One of another commit by its name, which will turn out to have failed.
                LeaveToRows(lane, RowsOnly.Unread);
            }
        }

        Start(lane, starts);
    }

    /// <summary>Forgets a message of a commit that failed; one that went early finds out by itself.</summary>
    public void Drop(WaitingMessage message, CommitFate fate)
    {
        lock (gate)
        {
            untold.Remove(fate, message);
        }
    }

    /// <summary>Takes messages that were read from the rows, all of one lane and in order.</summary>
    public void TakeLeft((GrainRef From, GrainRef To) lane, IEnumerable<WaitingMessage> messages)
    {
        var starts = false;
        lock (gate)
        {
            if (failedInThisReading.Contains(lane))
            {
                return;
            }

            foreach (var message in messages)
            {
                TryEnqueue(lane, new Sending(message, source: null), out var isFirst);
                starts |= isFirst;
            }
        }

        Start(lane, starts);
    }

    /// <summary>What the rows hold for a lane is another process's to deliver now: should that change, what is new goes behind it.</summary>
    public void Leave((GrainRef From, GrainRef To) lane)
    {
        lock (gate)
        {
            LeaveToRows(lane, RowsOnly.Foreign);
        }
    }

    /// <summary>What is decided for here changed: the rows may hold what goes before anything new, in any lane.</summary>
    public void ReadAnew()
    {
        lock (gate)
        {
            (isLeftRead, readsAnew) = (false, true);
        }
    }

    /// <summary>The rows are read.</summary>
    public void BeginReading()
    {
        lock (gate)
        {
            readsAnew = false;
            failedInThisReading.Clear();
            foreach (var (lane, (why, _)) in rowsOnly)
            {
                rowsOnly[lane] = (why, MayHoldMore: false);
            }
        }
    }

    /// <summary>All rows were read, and what is to be delivered is in its lane.</summary>
    /// <param name="left">The lanes they held messages of.</param>
    public void EndReading(IReadOnlySet<(GrainRef From, GrainRef To)> left)
    {
        lock (gate)
        {
            isLeftRead |= !readsAnew;
            foreach (var (lane, _) in rowsOnly.Where(lane => !lane.Value.MayHoldMore && !left.Contains(lane.Key) && !untold.AreAnyIn(lane.Key)).ToArray())
            {
                rowsOnly.Remove(lane);
            }
        }
    }

    /// <summary>Nothing new goes any more.</summary>
    public void Stop()
    {
        lock (gate)
        {
            isStopped = true;
        }
    }

    /// <returns>False when nothing goes any more, or one by its name is on its way. One whose commit failed is another message, and is on its way to nobody.</returns>
    private bool TryEnqueue((GrainRef From, GrainRef To) lane, Sending sending, out bool starts)
    {
        starts = false;
        if (isStopped || (underWay.TryGetValue(sending.Message.Id, out var other) && other.Source is not { HasFailed: true }))
        {
            return false;
        }

        underWay[sending.Message.Id] = sending;
        if (queues.TryGetValue(lane, out var queue))
        {
            queue.Enqueue(sending);
        }
        else
        {
            starts = true;
            queues.Add(lane, new Queue<Sending>([sending]));
        }

        return true;
    }

    private void LeaveToRows((GrainRef From, GrainRef To) lane, RowsOnly why) =>
        rowsOnly[lane] = (rowsOnly.TryGetValue(lane, out var was) && why == RowsOnly.Unread ? was.Why : why, MayHoldMore: true);

    private void Start((GrainRef From, GrainRef To) lane, bool starts)
    {
        if (starts)
        {
            _ = Task.Run(() => RunAsync(lane));
        }
    }

    private async Task RunAsync((GrainRef From, GrainRef To) lane)
    {
        while (Peek(lane) is { } sending)
        {
            var isDelivered = await deliver(sending);
            lock (gate)
            {
                var queue = queues[lane];
                End(queue.Dequeue());
                if (!isDelivered)
                {
                    LeaveToRows(lane, RowsOnly.Failed);
                    failedInThisReading.Add(lane);
                }
                else if (rowsOnly.TryGetValue(lane, out var was))
                {
                    rowsOnly[lane] = was with { Why = RowsOnly.Unread };
                }

                while (!isDelivered && queue.TryDequeue(out var behind))
                {
                    // Order holds: what comes after a failed one is read again as well.
                    End(behind);
                }
            }
        }
    }

    private void End(Sending sending)
    {
        if (underWay.TryGetValue(sending.Message.Id, out var current) && current == sending)
        {
            underWay.Remove(sending.Message.Id);
        }
    }

    private Sending? Peek((GrainRef From, GrainRef To) lane)
    {
        lock (gate)
        {
            if (queues[lane].TryPeek(out var sending))
            {
                return sending;
            }

            queues.Remove(lane);
            return null;
        }
    }

    /// <summary>Why a lane takes from the rows alone.</summary>
    private enum RowsOnly
    {
        /// <summary>They may hold what goes before anything new.</summary>
        Unread,

        /// <summary>A message of it could not be delivered.</summary>
        Failed,

        /// <summary>Another process delivers its messages.</summary>
        Foreign,
    }
}
