#if ORLEANS
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace AgentPay.Testing;

/// <summary>
/// A cluster of one Orleans silo in this process. Grains, their timers, reminders and collection live on the test's clock;
/// Orleans' own machinery stays on real time, so that a jump of the test's clock does not look like the death of a silo.
/// </summary>
public sealed class OrleansTestHost : ITestHost
{
    // Orleans tells nobody when it has run what a timer started: this much real time is given to it.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    private static readonly string[] RealTimeAreas =
        [TimeProviderNames.Messaging, TimeProviderNames.SystemTimers, TimeProviderNames.Membership, TimeProviderNames.GrainDirectory, TimeProviderNames.ActivationManagement];

    private readonly InProcessTestCluster cluster;

    private OrleansTestHost(Action<IServiceCollection> configure)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.UseRealEnvironmentStatistics = false;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<TimeProvider>(Clock);
            foreach (var area in RealTimeAreas)
            {
                silo.Services.AddKeyedSingleton(area, TimeProvider.System);
            }
            silo.UseInMemoryReminderService();
            configure(silo.Services);
        });
        cluster = builder.Build();
    }

    public ManualTimeProvider Clock { get; } = new();

    public IGrainFactory Grains => cluster.Client;

    public IServiceProvider Services => cluster.GetSiloServiceProvider();

    /// <summary>Orleans finds grain classes by itself in every referenced assembly that its code generator has seen.</summary>
    public static async Task<OrleansTestHost> StartAsync(Action<IServiceCollection> configure, params Assembly[] grainAssemblies)
    {
        var host = new OrleansTestHost(configure);
        await host.cluster.DeployAsync();
        return host;
    }

    public async Task AdvanceAsync(TimeSpan time)
    {
        await Task.Delay(Settling, TimeProvider.System);
        var target = Clock.GetUtcNow() + time;
        while (Clock.AdvanceToNextTimer(target))
        {
            await Task.Delay(Settling, TimeProvider.System);
        }
    }

    public Task DeactivateAsync(IAddressable grain) => cluster.DeactivateAsync(grain);

    public async Task KillAsync()
    {
        await cluster.KillSiloAsync(cluster.Silos[0]);
        await cluster.StartAdditionalSiloAsync();
        await cluster.WaitForLivenessToStabilizeAsync(didKill: true);
    }

    public ValueTask DisposeAsync() => cluster.DisposeAsync();
}
#endif
