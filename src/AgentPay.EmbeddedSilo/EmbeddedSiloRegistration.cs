using AgentPay.EmbeddedSilo.Activations;
using AgentPay.EmbeddedSilo.Calls;
using AgentPay.EmbeddedSilo.Reminders;
using AgentPay.EmbeddedSilo.Timers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using Orleans.Timers;

namespace AgentPay.EmbeddedSilo;

/// <summary>Registers the embedded silo.</summary>
public static class EmbeddedSiloRegistration
{
    /// <summary>
    /// Runs grains in this process: registers <see cref="IGrainFactory"/> and <see cref="SiloHost"/>, which starts and stops with the host.
    /// Called again, it adds to the options. Call filters, facet mappers and an <see cref="IReminderStore"/> are taken from the services; reminders stay in memory without one.
    /// </summary>
    public static IServiceCollection AddEmbeddedSilo(this IServiceCollection services, Action<EmbeddedSiloOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(configure);
        if (services.Any(service => service.ServiceType == typeof(SiloHost)))
        {
            return services;
        }
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IReminderStore, InMemoryReminderStore>();
        services.TryAddSingleton<GrainClasses>();
        services.TryAddSingleton<BackgroundWork>();
        services.TryAddSingleton<Catalog>();
        services.TryAddSingleton<CallRouter>();
        services.TryAddSingleton<IGrainFactory>(provider => provider.GetRequiredService<CallRouter>());
        services.TryAddSingleton<ITimerRegistry, TimerRegistry>();
        services.TryAddSingleton<ReminderService>();
        services.TryAddSingleton<IReminderRegistry>(provider => provider.GetRequiredService<ReminderService>());
        services.TryAddTransient(_ => RuntimeContext.Current ?? throw new InvalidOperationException("Outside of a grain there is no grain context."));
        services.TryAddSingleton(provider => new SiloHost(
            provider.GetRequiredService<GrainClasses>(),
            provider.GetRequiredService<Catalog>(),
            provider.GetRequiredService<CallRouter>(),
            provider.GetRequiredService<ReminderService>(),
            provider.GetRequiredService<BackgroundWork>(),
            provider.GetRequiredService<IOptions<EmbeddedSiloOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SiloHost>>()));
        services.AddHostedService(provider => provider.GetRequiredService<SiloHost>());
        return services;
    }
}
