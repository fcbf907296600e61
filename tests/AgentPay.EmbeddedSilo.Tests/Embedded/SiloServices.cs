#if !ORLEANS
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.EmbeddedSilo.Tests;

internal static class SiloServices
{
    public static SiloHost Silo(this IServiceProvider services) => services.GetRequiredService<SiloHost>();
}
#endif
