#if ORLEANS

namespace AgentPay.Silo.Composition;

/// <summary>Runs the grains on Orleans: one silo here; a cluster comes with a shared database (docs/decisions/0001-two-hosts.md).</summary>
internal static class GrainRuntime
{
    public const string Name = "orleans";

    public static void Add(WebApplicationBuilder builder) => builder.UseOrleans(silo =>
    {
        silo.UseLocalhostClustering();
        silo.UseInMemoryReminderService();
    });
}
#endif
