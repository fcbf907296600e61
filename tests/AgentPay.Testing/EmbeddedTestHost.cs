#if !ORLEANS
using System.Reflection;
using AgentPay.EmbeddedSilo;
using AgentPay.EmbeddedSilo.Reminders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentPay.Testing;

/// <summary>The embedded silo under a test's control, on a clock that the test moves.</summary>
public sealed class EmbeddedTestHost : ITestHost
{
    private readonly Action<IServiceCollection> configure;
    private readonly InMemoryReminderStore reminders = new();
    private ServiceProvider services;

    private EmbeddedTestHost(Action<IServiceCollection> configure)
    {
        this.configure = configure;
        services = BuildServices();
    }

    public ManualTimeProvider Clock { get; } = new();

    public IGrainFactory Grains => services.GetRequiredService<IGrainFactory>();

    public IServiceProvider Services => services;

    public SiloHost Silo => services.GetRequiredService<SiloHost>();

    public static Task<EmbeddedTestHost> StartAsync(Action<IServiceCollection> configure, params Assembly[] grainAssemblies)
        => StartAsync(configure, options =>
        {
            foreach (var assembly in grainAssemblies)
            {
                options.AddGrains(assembly);
            }
        });

    public static async Task<EmbeddedTestHost> StartAsync(Action<IServiceCollection> configure, Action<EmbeddedSiloOptions> options)
    {
        var host = new EmbeddedTestHost(services =>
        {
            configure(services);
            services.AddEmbeddedSilo(options);
        });
        await host.StartServicesAsync();
        return host;
    }

    public async Task AdvanceAsync(TimeSpan time)
    {
        await Silo.WhenQuietAsync();
        var target = Clock.GetUtcNow() + time;
        while (Clock.AdvanceToNextTimer(target))
        {
            await Silo.WhenQuietAsync();
        }
    }

    public Task DeactivateAsync(IAddressable grain) => Silo.DeactivateAsync(grain.GetGrainId());

    public async Task KillAsync()
    {
        // The container of a killed process is never disposed: nothing may be flushed on the way out.
        Silo.Kill();
        services = BuildServices();
        await StartServicesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // A test may leave calls that never end, on a clock that nobody moves: they are not waited for.
        Silo.Kill();
        foreach (var service in services.GetServices<IHostedService>().Reverse())
        {
            await service.StopAsync(CancellationToken.None);
        }
        await services.DisposeAsync();
    }

    private ServiceProvider BuildServices()
    {
        var collection = new ServiceCollection();
        collection.AddSingleton<TimeProvider>(Clock);
        collection.AddSingleton<IReminderStore>(reminders);
        configure(collection);
        return collection.BuildServiceProvider();
    }

    private async Task StartServicesAsync()
    {
        foreach (var service in services.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
        }
    }
}
#endif
