using Orleans.Runtime;

namespace Orleans.Metadata;

/// <summary>An attribute that says the grain type of the class it stands on.</summary>
public interface IGrainTypeProviderAttribute
{
    /// <summary>The grain type of <paramref name="type"/>.</summary>
    GrainType GetGrainType(IServiceProvider services, Type type);
}
