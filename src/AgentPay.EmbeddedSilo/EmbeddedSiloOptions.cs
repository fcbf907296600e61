using System.Reflection;

namespace AgentPay.EmbeddedSilo;

/// <summary>What the embedded silo runs, and for how long it waits. Defaults are those of Orleans.</summary>
public sealed class EmbeddedSiloOptions
{
    private readonly List<Assembly> grainAssemblies = [];

    /// <summary>The assemblies whose grain classes run.</summary>
    public IReadOnlyList<Assembly> GrainAssemblies => grainAssemblies;

    /// <summary>How long a grain may go unused before its activation ends: 15 minutes.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often unused activations are looked for: every minute.</summary>
    public TimeSpan CollectionQuantum { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>After how long a caller gets a <see cref="TimeoutException"/> while the call may still run: 30 seconds.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After how long the token of <see cref="Orleans.IGrainBase.OnDeactivateAsync"/> is cancelled, and stopping gives up waiting: 30 seconds.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The shortest period of a reminder: 1 minute.</summary>
    public TimeSpan MinimumReminderPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Runs the grain classes of an assembly, internal ones too.</summary>
    public EmbeddedSiloOptions AddGrains(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        if (!grainAssemblies.Contains(assembly))
        {
            grainAssemblies.Add(assembly);
        }
        return this;
    }
}
