using AgentPay.Storage.Contract;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace AgentPay.Storage.Postgres;

/// <summary>Registers the PostgreSQL store.</summary>
public static class PostgresStoreServices
{
    /// <summary>
    /// Adds the store of the database at <paramref name="connectionString"/> as <see cref="IAtomicStore"/>, <see cref="IStoreHealth"/> and
    /// <see cref="IStoredReminders"/>. It is opened when first asked for, and closed with the container.
    /// </summary>
    public static IServiceCollection AddPostgresStore(this IServiceCollection services, string connectionString)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => PostgresAtomicStore.Open(
            new PostgresStoreOptions { ConnectionString = connectionString },
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<PostgresAtomicStore>>()));
        services.AddSingleton<IAtomicStore>(provider => provider.GetRequiredService<PostgresAtomicStore>());
        services.AddSingleton<IStoreHealth>(provider => provider.GetRequiredService<PostgresAtomicStore>());
        services.AddSingleton<IStoredReminders, PostgresReminders>();
        services.AddSingleton(provider => provider.GetRequiredService<PostgresAtomicStore>().Neighbours);
        services.AddSingleton(provider => provider.GetRequiredService<PostgresAtomicStore>().Leases);
        return services;
    }
}
