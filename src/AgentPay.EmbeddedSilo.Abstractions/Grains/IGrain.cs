using Orleans.Runtime;

namespace Orleans;

/// <summary>What every grain interface extends.</summary>
public interface IGrain : IAddressable;

/// <summary>What every interface of a grain named by a text extends.</summary>
public interface IGrainWithStringKey : IGrain;
