using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.Testing;

/// <summary>Starts the host that this build was made for.</summary>
public static class TestHosts
{
    /// <summary>
    /// Starts a silo. <paramref name="configure"/> runs at every start, also after <see cref="ITestHost.KillAsync"/>: what must
    /// outlive a kill (the storage) is made outside and registered as an instance.
    /// </summary>
    public static async Task<ITestHost> StartAsync(Action<IServiceCollection> configure, params Assembly[] grainAssemblies)
#if ORLEANS
        => await OrleansTestHost.StartAsync(configure, grainAssemblies);
#else
        => await EmbeddedTestHost.StartAsync(configure, grainAssemblies);
#endif
}
