using AgentPay.Storage.Contract;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace AgentPay.Storage.Sqlite;

/// <summary>Registers the SQLite store.</summary>
public static class SqliteStoreServices
{
    /// <summary>
    /// Adds the store of the file at <paramref name="path"/> as <see cref="IAtomicStore"/>, <see cref="IStoreHealth"/> and
    /// <see cref="IStoredReminders"/>. It is opened when first asked for, and closed with the container.
    /// </summary>
    public static IServiceCollection AddSqliteStore(this IServiceCollection services, string path)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => SqliteAtomicStore.Open(
            new SqliteStoreOptions { Path = path }, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SqliteAtomicStore>>()));
        services.AddSingleton<IAtomicStore>(provider => provider.GetRequiredService<SqliteAtomicStore>());
        services.AddSingleton<IStoreHealth>(provider => provider.GetRequiredService<SqliteAtomicStore>());
        services.AddSingleton<IStoredReminders, SqliteReminders>();
        services.AddSingleton<OneProcess>();
        services.AddSingleton<INeighbours>(provider => provider.GetRequiredService<OneProcess>());
        services.AddSingleton<ILeases>(provider => provider.GetRequiredService<OneProcess>());
        return services;
    }
}
