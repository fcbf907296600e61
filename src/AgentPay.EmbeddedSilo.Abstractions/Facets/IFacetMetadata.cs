namespace Orleans;

/// <summary>Marks attributes on constructor parameters of grains whose argument the activation makes.</summary>
public interface IFacetMetadata;
