using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Concurrency;

namespace AgentPay.EmbeddedSilo.Calls;

/// <summary>One method of a grain interface.</summary>
internal sealed class CallMethod(Type interfaceType, MethodInfo method)
{
    private readonly ConcurrentDictionary<Type, MethodInfo> implementations = new();

    public MethodInfo Method { get; } = method;

    public string InterfaceName { get; } = interfaceType.FullName ?? interfaceType.Name;

    public bool AlwaysInterleave { get; } = method.IsDefined(typeof(AlwaysInterleaveAttribute));

    public MethodInfo ImplementationIn(Type grainClass) => implementations.GetOrAdd(grainClass, static (type, method) =>
    {
        var map = type.GetInterfaceMap(method.DeclaringType!);
        return map.TargetMethods[Array.IndexOf(map.InterfaceMethods, method)];
    }, Method);

    public override string ToString() => $"{InterfaceName}.{Method.Name}";
}
