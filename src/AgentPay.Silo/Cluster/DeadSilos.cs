#if ORLEANS
using System.Data.Common;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace AgentPay.Silo.Cluster;

/// <summary>
/// Declares dead, while this silo joins, those that said nothing for as long as it watched them. A silo joins when every other that is listed as active answers it;
/// one that died is taken off the list by the others, but after all were killed there is none left to do so. Each says that it lives by writing a time of its own
/// clock: whether that time moves is looked at, not what it is, so clocks that differ make nobody dead. A wrong word here costs a restart and no money: what a silo
/// may still write is decided by its leases and row versions, not by this list.
/// </summary>
internal sealed partial class DeadSilos(
    IMembershipTable table, ILocalSiloDetails self, IOptions<ClusterMembershipOptions> options, IHostApplicationLifetime host, TimeProvider clock, ILogger<DeadSilos> logger)
    : BackgroundService
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    /// <summary>After a longer gap between two looks nothing is known of the time between them: it was the database that said nothing.</summary>
    private static readonly TimeSpan _gapMax = TimeSpan.FromSeconds(3);

    private readonly Dictionary<SiloAddress, (DateTime Said, long Since)> _seen = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var joining = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, host.ApplicationStarted);
        try
        {
            await table.InitializeMembershipTable(true);
            var looked = clock.GetTimestamp();
            while (true)
            {
                await Task.Delay(_pause, clock, joining.Token);
                if (clock.GetElapsedTime(looked) > _gapMax)
                {
                    _seen.Clear();
                }

                looked = clock.GetTimestamp();
                await LookAsync();
            }
        }
        catch (OperationCanceledException) when (joining.IsCancellationRequested)
        {
            // It has joined, or is told to stop.
        }
    }

    private async Task LookAsync()
    {
        try
        {
            var members = await table.ReadAll();
            foreach (var (entry, etag) in members.Members)
            {
                if (entry.Status == SiloStatus.Active && !entry.SiloAddress.Equals(self.SiloAddress) && IsSilent(entry))
                {
                    await DeclareDeadAsync(entry, etag, members.Version);
                    // The list has another version now; the next look tells what came of it.
                    return;
                }
            }
        }
        catch (DbException failure)
        {
            _seen.Clear();
            LogUnread(failure);
        }
    }

    private bool IsSilent(MembershipEntry entry)
    {
        if (_seen.TryGetValue(entry.SiloAddress, out var seen) && seen.Said == entry.IAmAliveTime)
        {
            return clock.GetElapsedTime(seen.Since) > options.Value.IAmAliveTablePublishTimeout * options.Value.NumMissedTableIAmAliveLimit;
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
            LogDead(entry.SiloAddress, (int)(options.Value.IAmAliveTablePublishTimeout * options.Value.NumMissedTableIAmAliveLimit).TotalSeconds);
        }
    }

    [LoggerMessage(EventId = 1800, Level = LogLevel.Warning, Message = "Silo {Silo} said nothing for {Seconds} s and is declared dead, so that this one can join.")]
    private partial void LogDead(SiloAddress silo, int seconds);

    [LoggerMessage(EventId = 1801, Level = LogLevel.Warning, Message = "The list of silos could not be read; it is read again.")]
    private partial void LogUnread(Exception failure);
}
#endif
