#if !ORLEANS
using AgentPay.EmbeddedSilo;
using AgentPay.EmbeddedSilo.Reminders;
using AgentPay.Grains;
using AgentPay.Silo.Health;
using AgentPay.Silo.Settings;
using AgentPay.Storage.Contract;

namespace AgentPay.Silo.Composition;

/// <summary>Runs the grains in this process (docs/decisions/0001-two-hosts.md).</summary>
internal static class GrainRuntime
{
    /// <summary>Why this build cannot run so; null when it can.</summary>
    public static string? RefusalOf(HostRoles roles, EngineSettings settings, ClusterSettings cluster) => roles.AreBoth
        ? null
        : "AgentPay:Roles must be api,silo: this build runs its grains in the process that answers; roles of their own need the Orleans build.";

    public static void Add(WebApplicationBuilder builder, HostRoles roles, EngineSettings settings, ClusterSettings cluster)
    {
        builder.Services.AddSingleton<ISiloHealth, OneSilo>();
        builder.Services.AddSingleton<IReminderStore>(provider => new StoredReminders(provider.GetRequiredService<IStoredReminders>()));
        builder.Services.AddEmbeddedSilo(silo => silo.AddGrains(typeof(GrainServices).Assembly));
    }
}
#endif
