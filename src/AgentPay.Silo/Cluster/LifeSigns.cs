#if ORLEANS
namespace AgentPay.Silo.Cluster;

/// <summary>
/// Shows in the list of silos that this one lives, and, while it joins, declares dead those that show nothing for as long as it watches. A silo joins when every
/// other that is listed as active answers it; one that died is struck off by the others, but after all were killed there is none left to do so. What is looked at
/// is whether a row changes, not the time in it, so clocks that differ make nobody dead. A wrong word here costs a restart and no money: what a silo may still
/// write is decided by its leases and row versions, not by this list.
/// </summary>
internal sealed partial class LifeSigns(IMembershipTable table, ILocalSiloDetails self, IHostApplicationLifetime host, TimeProvider clock, ILogger<LifeSigns> logger)
    : BackgroundService
{
    /// <summary>Orleans writes the same row every half minute, and after a failure waits longer and longer: for it the row is a diagnosis.</summary>
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan _silenceMax = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan _lookPeriod = TimeSpan.FromSeconds(1);

    /// <summary>After a longer gap between two looks nothing is known of the time between them: it was the database that said nothing.</summary>
    private static readonly TimeSpan _gapMax = TimeSpan.FromSeconds(3);

    private readonly Dictionary<SiloAddress, (DateTime Said, long Since)> _seen = [];
    private long? _lookedAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using (var joining = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, host.ApplicationStarted))
        {
            await RepeatAsync(_lookPeriod, LookAsync, joining.Token);
        }

        await RepeatAsync(_period, ShowAsync, stoppingToken);
    }

    private async Task RepeatAsync(TimeSpan period, Func<Task> act, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                await act();
            }
            catch (Exception failure)
            {
                // The database, in words of any of three libraries. It is asked again, and what it did not tell is not known.
                _seen.Clear();
                LogUnanswered(failure);
            }

            await Task.Delay(period, clock, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task ShowAsync() => table.UpdateIAmAlive(new MembershipEntry { SiloAddress = self.SiloAddress, IAmAliveTime = clock.GetUtcNow().UtcDateTime });

    private async Task LookAsync()
    {
        if (_lookedAt is null)
        {
            await table.InitializeMembershipTable(true);
        }
        else if (clock.GetElapsedTime(_lookedAt.Value) > _gapMax)
        {
            _seen.Clear();
        }

        _lookedAt = clock.GetTimestamp();
        var members = await table.ReadAll();
        foreach (var (entry, etag) in members.Members)
        {
            if (entry.Status == SiloStatus.Active && !entry.SiloAddress.Equals(self.SiloAddress) && IsSilent(entry))
            {
                // The list has another version after this; the next look tells what came of it.
                await DeclareDeadAsync(entry, etag, members.Version);
                return;
            }
        }
    }

    private bool IsSilent(MembershipEntry entry)
    {
        if (_seen.TryGetValue(entry.SiloAddress, out var seen) && seen.Said == entry.IAmAliveTime)
        {
            return clock.GetElapsedTime(seen.Since) > _silenceMax;
        }

        _seen[entry.SiloAddress] = (entry.IAmAliveTime, clock.GetTimestamp());
        return false;
    }

    private async Task DeclareDeadAsync(MembershipEntry entry, string etag, TableVersion version)
    {
        entry.Status = SiloStatus.Dead;
        entry.AddSuspector(self.SiloAddress, clock.GetUtcNow().UtcDateTime);
        if (await table.UpdateRow(entry, etag, version.Next()))
        {
            LogDead(entry.SiloAddress, (int)_silenceMax.TotalSeconds);
        }
    }

    [LoggerMessage(EventId = 1800, Level = LogLevel.Warning, Message = "Silo {Silo} said nothing for {Seconds} s and is declared dead, so that this one can join.")]
    private partial void LogDead(SiloAddress silo, int seconds);

    [LoggerMessage(EventId = 1801, Level = LogLevel.Warning, Message = "The list of silos could not be read or written; it is tried again.")]
    private partial void LogUnanswered(Exception failure);
}
#endif
