using Orleans.Runtime;

namespace Orleans;

/// <summary>Gives references to grains. A grain always exists: getting a reference neither creates nor calls it.</summary>
public interface IGrainFactory
{
    /// <summary>The grain of the one class that implements the interface.</summary>
    /// <exception cref="ArgumentException">No class, or more than one, implements the interface.</exception>
    TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey;

    /// <summary>The grain of that id, seen through any interface that its class implements.</summary>
    TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable;
}
