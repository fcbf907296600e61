using System.Reflection;

namespace Orleans.Runtime;

/// <summary>Turns a facet attribute into a factory; registered as a service, asked once per grain class and parameter.</summary>
public interface IAttributeToFactoryMapper<in TMetadata>
    where TMetadata : IFacetMetadata
{
    /// <summary>The factory that makes the argument of one activation.</summary>
    Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, TMetadata metadata);
}
