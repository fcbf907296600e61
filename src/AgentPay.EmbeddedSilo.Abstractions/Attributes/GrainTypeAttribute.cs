using Orleans.Metadata;
using Orleans.Runtime;

namespace Orleans;

/// <summary>The stable type name of a grain class: the first part of its grains' ids.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class GrainTypeAttribute : Attribute, IGrainTypeProviderAttribute
{
    private readonly GrainType type;

    /// <summary>Names a grain class.</summary>
    public GrainTypeAttribute(string grainType) => type = GrainType.Create(grainType);

    /// <inheritdoc />
    public GrainType GetGrainType(IServiceProvider services, Type type) => this.type;
}
