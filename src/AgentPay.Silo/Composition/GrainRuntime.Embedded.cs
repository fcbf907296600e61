#if !ORLEANS
using AgentPay.EmbeddedSilo;
using AgentPay.EmbeddedSilo.Reminders;
using AgentPay.Grains;
using AgentPay.Storage.Contract;

namespace AgentPay.Silo.Composition;

/// <summary>Runs the grains in this process (docs/decisions/0001-two-hosts.md).</summary>
internal static class GrainRuntime
{
    public const string Name = "embedded";

    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IReminderStore>(provider => new StoredReminders(provider.GetRequiredService<IStoredReminders>()));
        builder.Services.AddEmbeddedSilo(silo => silo.AddGrains(typeof(GrainServices).Assembly));
    }
}
#endif
