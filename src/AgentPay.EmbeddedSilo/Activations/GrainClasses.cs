using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using AgentPay.EmbeddedSilo.Calls;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Metadata;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Activations;

/// <summary>All grain classes of the silo, by type name and by interface.</summary>
internal sealed class GrainClasses
{
    private readonly Dictionary<GrainType, GrainClass> byType = [];
    private readonly ILookup<Type, GrainClass> byInterface;

    public GrainClasses(IOptions<EmbeddedSiloOptions> options, IServiceProvider services)
    {
        var types = options.Value.GrainAssemblies.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && typeof(IGrainBase).IsAssignableFrom(type));
        foreach (var type in types)
        {
            var grainClass = new GrainClass(type, NameOf(type, services), services);
            if (!byType.TryAdd(grainClass.GrainType, grainClass))
            {
                throw new OrleansException($"Both {byType[grainClass.GrainType].Type} and {type} have the grain type {grainClass.GrainType}.");
            }
        }
        byInterface = byType.Values.SelectMany(each => InterfacesOf(each.Type), (each, type) => (each, type)).ToLookup(pair => pair.type, pair => pair.each);
        foreach (var method in byInterface.SelectMany(group => ProxyEmitter.MethodsOf(group.Key)))
        {
            if (ProxyEmitter.FaultOf(method) is { } fault)
            {
                throw new OrleansException($"Grain method {method.DeclaringType}.{method.Name} {fault}.");
            }
        }
    }

    public int Count => byType.Count;

    public bool TryGet(GrainType type, [NotNullWhen(true)] out GrainClass? grainClass) => byType.TryGetValue(type, out grainClass);

    public GrainType TypeOf(Type interfaceType) => TypeOf(interfaceType, "");

    public GrainType TypeOf(Type interfaceType, string classNamePrefix)
    {
        var classes = byInterface[interfaceType].Where(each => (each.Type.FullName ?? "").StartsWith(classNamePrefix, StringComparison.Ordinal)).ToArray();
        return classes switch
        {
            [var only] => only.GrainType,
            [] => throw new ArgumentException($"No grain class implements {interfaceType}."),
            _ => throw new ArgumentException($"{interfaceType} is implemented by {string.Join(" and ", classes.Select(each => each.Type))}: name one by grain id."),
        };
    }

    private static IEnumerable<Type> InterfacesOf(Type type)
        => type.GetInterfaces().Where(each => typeof(IGrain).IsAssignableFrom(each) && each != typeof(IGrain) && each != typeof(IGrainWithStringKey));

    private static GrainType NameOf(Type type, IServiceProvider services)
    {
        foreach (var attribute in type.GetCustomAttributes())
        {
            if (attribute is IGrainTypeProviderAttribute named)
            {
                return named.GetGrainType(services, type);
            }
        }
        var name = type.Name.ToLowerInvariant();
        return GrainType.Create(name.EndsWith("grain", StringComparison.Ordinal) && name.Length > "grain".Length ? name[..^"grain".Length] : name);
    }
}
