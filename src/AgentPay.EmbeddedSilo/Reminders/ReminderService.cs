using AgentPay.EmbeddedSilo.Activations;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using Orleans.Timers;

namespace AgentPay.EmbeddedSilo.Reminders;

/// <summary>
/// Sends reminders when they are due, by one timer. Ticks are not stored: after a start every reminder whose first tick has passed
/// ticks once, because whether the last one was missed cannot be known; then it returns to its grid.
/// </summary>
internal sealed class ReminderService(
    IReminderStore store, TimeProvider clock, IGrainFactory grains, BackgroundWork background, IOptions<EmbeddedSiloOptions> options, ILogger<SiloHost> logger)
    : IReminderRegistry, IDisposable
{
    // After a start all reminders may be due at once; so many wake their grains at a time.
    private const int TicksInFlightMax = 256;
    private const int QueueSlack = 1024;
    private static readonly TimeSpan TimerMax = TimeSpan.FromDays(1);

    private readonly Lock gate = new();
    private readonly Dictionary<(GrainId GrainId, string Name), Reminder> reminders = [];
    private readonly PriorityQueue<Reminder, DateTimeOffset> queue = new();
    private ITimer? timer;
    private int ticksInFlight;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var rows = await store.ReadAllAsync(cancellationToken);
        lock (gate)
        {
            foreach (var row in rows)
            {
                // One that was registered while this read went on is the newer.
                if (!reminders.ContainsKey((row.GrainId, row.Name)))
                {
                    Add(row);
                }
            }
            using (ExecutionContext.SuppressFlow())
            {
                timer = clock.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
        Pump();
    }

    public void Dispose()
    {
        lock (gate)
        {
            timer?.Dispose();
            timer = null;
        }
    }

    public async Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentException.ThrowIfNullOrEmpty(reminderName);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        if (period < options.Value.MinimumReminderPeriod)
        {
            throw new ArgumentException($"Reminder {reminderName} has a period of {period}; the least is {options.Value.MinimumReminderPeriod}.", nameof(period));
        }
        var row = new ReminderRow(callingGrainId, reminderName, clock.GetUtcNow() + dueTime, period);
        await store.UpsertAsync(row, CancellationToken.None);
        Reminder added;
        lock (gate)
        {
            added = Add(row);
        }
        Pump();
        return added;
    }

    public async Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        await store.RemoveAsync(callingGrainId, reminder.ReminderName, CancellationToken.None);
        lock (gate)
        {
            reminders.Remove((callingGrainId, reminder.ReminderName));
        }
    }

    public Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName)
    {
        lock (gate)
        {
            return Task.FromResult<IGrainReminder?>(reminders.GetValueOrDefault((callingGrainId, reminderName)));
        }
    }

    public Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId)
    {
        lock (gate)
        {
            return Task.FromResult(reminders.Values.Where(each => each.Row.GrainId == callingGrainId).ToList<IGrainReminder>());
        }
    }

    private Reminder Add(ReminderRow row)
    {
        var reminder = new Reminder(row);
        reminders[(row.GrainId, row.Name)] = reminder;
        queue.Enqueue(reminder, row.StartAt);
        if (queue.Count > QueueSlack + (2 * reminders.Count))
        {
            // Moved and removed reminders stay in the queue until they are due; this many are too many.
            var current = queue.UnorderedItems.Where(each => IsCurrent(each.Element)).ToArray();
            queue.Clear();
            queue.EnqueueRange(current);
        }
        return reminder;
    }

    /// <summary>Whether nobody has moved or removed it.</summary>
    private bool IsCurrent(Reminder reminder) => ReferenceEquals(reminders.GetValueOrDefault((reminder.Row.GrainId, reminder.Row.Name)), reminder);

    private void Pump()
    {
        var due = new List<Reminder>();
        lock (gate)
        {
            var now = clock.GetUtcNow();
            while (timer is not null && ticksInFlight < TicksInFlightMax && queue.TryPeek(out var next, out var at) && at <= now)
            {
                queue.Dequeue();
                if (IsCurrent(next))
                {
                    ticksInFlight++;
                    due.Add(next);
                }
            }
            if (ticksInFlight < TicksInFlightMax && queue.TryPeek(out _, out var later))
            {
                timer?.Change(later - now < TimerMax ? later - now : TimerMax, Timeout.InfiniteTimeSpan);
            }
        }
        foreach (var reminder in due)
        {
            _ = TickAsync(reminder);
        }
    }

    private async Task TickAsync(Reminder reminder)
    {
        var row = reminder.Row;
        background.Enter();
        try
        {
            var status = new TickStatus(row.StartAt.UtcDateTime, row.Period, clock.GetUtcNow().UtcDateTime);
            await grains.GetGrain<IRemindable>(row.GrainId).ReceiveReminder(row.Name, status);
        }
        catch (Exception exception)
        {
            // A reminder never stops because a tick failed: the next one is the repeat.
            logger.ReminderFailed(row.Name, row.GrainId, exception);
        }
        lock (gate)
        {
            ticksInFlight--;
            if (IsCurrent(reminder))
            {
                var since = (clock.GetUtcNow() - row.StartAt).Ticks;
                queue.Enqueue(reminder, row.StartAt + (row.Period * (since / row.Period.Ticks + 1)));
            }
        }
        Pump();
        background.Exit();
    }

    private sealed class Reminder(ReminderRow row) : IGrainReminder
    {
        public ReminderRow Row => row;

        public string ReminderName => row.Name;
    }
}
