using Orleans.Runtime;

namespace Orleans;

/// <summary>What can be asked of a grain or of a reference to one.</summary>
public static class GrainExtensions
{
    /// <summary>A reference to the grain as the interface.</summary>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain)
        => (TGrainInterface)grain.AsReference(typeof(TGrainInterface));

    /// <summary>A reference to the grain as the interface.</summary>
    public static TGrainInterface Cast<TGrainInterface>(this IAddressable grain) => grain.AsReference<TGrainInterface>();

    /// <summary>A reference to the grain as the interface.</summary>
    public static object AsReference(this IAddressable grain, Type interfaceType)
    {
        var reference = Reference(grain);
        return interfaceType.IsInstanceOfType(reference) ? reference : reference.Source.GetReference(interfaceType, reference.GrainId);
    }

    /// <summary>The grain's identity.</summary>
    public static GrainId GetGrainId(this IAddressable grain) => Reference(grain).GrainId;

    /// <summary>The grain's key.</summary>
    public static string GetPrimaryKeyString(this IAddressable grain) => Reference(grain).GrainId.Key.ToString();

    internal static T Service<T>(this IGrainContext context)
        where T : class
        => (T?)context.ActivationServices.GetService(typeof(T)) ?? throw new InvalidOperationException($"No service {typeof(T)} is registered.");

    private static GrainReference Reference(IAddressable grain) => grain switch
    {
        null => throw new ArgumentNullException(nameof(grain)),
        GrainReference reference => reference,
        IGrainBase { GrainContext: { } context } => context.GrainReference,
        _ => throw new ArgumentException($"{grain.GetType()} is neither a grain that the silo constructed nor a reference to one.", nameof(grain)),
    };
}
