using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Activations;

/// <summary>One grain class: its type name, its interfaces, and how its objects are made.</summary>
internal sealed class GrainClass
{
    private static readonly MethodInfo MapMethod = typeof(GrainClass).GetMethod(nameof(Map), BindingFlags.Static | BindingFlags.NonPublic)!;

    private readonly Lazy<(ObjectFactory Create, Factory<IGrainContext, object>[] Facets)> constructor;

    public GrainClass(Type type, GrainType grainType, IServiceProvider services)
    {
        Type = type;
        GrainType = grainType;
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute), inherit: true);
        FiltersItself = typeof(IIncomingGrainCallFilter).IsAssignableFrom(type);
        constructor = new(() => ReadConstructor(type, services));
    }

    public Type Type { get; }

    public GrainType GrainType { get; }

    public bool IsReentrant { get; }

    public bool FiltersItself { get; }

    public object Construct(IGrainContext context)
    {
        var (create, facets) = constructor.Value;
        var arguments = new object[facets.Length];
        for (var i = 0; i < facets.Length; i++)
        {
            arguments[i] = facets[i](context);
        }
        return create(context.ActivationServices, arguments);
    }

    private static (ObjectFactory Create, Factory<IGrainContext, object>[] Facets) ReadConstructor(Type type, IServiceProvider services)
    {
        var facets = new List<Factory<IGrainContext, object>>();
        var types = new List<Type>();
        foreach (var parameter in type.GetConstructors().FirstOrDefault()?.GetParameters() ?? [])
        {
            if (parameter.GetCustomAttributes(inherit: true).FirstOrDefault(attribute => attribute is IFacetMetadata) is { } metadata)
            {
                var map = MapMethod.MakeGenericMethod(metadata.GetType()).CreateDelegate<Func<IServiceProvider, ParameterInfo, object, Factory<IGrainContext, object>>>();
                facets.Add(map(services, parameter, metadata));
                types.Add(parameter.ParameterType);
            }
        }
        return (ActivatorUtilities.CreateFactory(type, [.. types]), [.. facets]);
    }

    private static Factory<IGrainContext, object> Map<TMetadata>(IServiceProvider services, ParameterInfo parameter, object metadata)
        where TMetadata : IFacetMetadata
    {
        var mapper = services.GetService<IAttributeToFactoryMapper<TMetadata>>()
            ?? throw new OrleansException($"No {nameof(IAttributeToFactoryMapper<TMetadata>)} is registered for {typeof(TMetadata)}, which {parameter.Member.DeclaringType} asks for.");
        return mapper.GetFactory(parameter, (TMetadata)metadata);
    }
}
