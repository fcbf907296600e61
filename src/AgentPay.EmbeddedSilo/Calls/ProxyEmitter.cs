using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Calls;

/// <summary>
/// Emits, once per grain interface and process, a reference class and a <see cref="Call"/> class per method that holds the arguments
/// in fields and calls the grain directly: no reflection and no argument array at call time.
/// </summary>
internal static class ProxyEmitter
{
    private static readonly ConcurrentDictionary<Type, Lazy<Func<GrainId, CallRouter, GrainProxy>>> Factories = new();

    public static Func<GrainId, CallRouter, GrainProxy> FactoryOf(Type interfaceType)
        => Factories.GetOrAdd(interfaceType, static type => new Lazy<Func<GrainId, CallRouter, GrainProxy>>(() => Emit(type))).Value;

    /// <summary>Why calls of the method cannot be sent; null when they can.</summary>
    public static string? FaultOf(MethodInfo method)
    {
        if (method.IsSpecialName || method.IsGenericMethodDefinition || method.GetParameters().Any(parameter => parameter.ParameterType.IsByRefLike || parameter.ParameterType.IsByRef))
        {
            return "is a property, an event, generic, or takes a parameter by reference";
        }
        var type = method.ReturnType.IsGenericType ? method.ReturnType.GetGenericTypeDefinition() : method.ReturnType;
        return type == typeof(Task) || type == typeof(Task<>) || type == typeof(ValueTask) || type == typeof(ValueTask<>)
            ? null
            : "returns neither Task nor ValueTask";
    }

    public static IEnumerable<MethodInfo> MethodsOf(Type interfaceType)
        => interfaceType.GetInterfaces().Prepend(interfaceType)
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(method => method.IsVirtual);

    private static Func<GrainId, CallRouter, GrainProxy> Emit(Type interfaceType)
    {
        if (!interfaceType.IsInterface || !typeof(IAddressable).IsAssignableFrom(interfaceType))
        {
            throw new ArgumentException($"{interfaceType} is not a grain interface.");
        }
        var methods = MethodsOf(interfaceType).ToArray();
        var module = DefineModule(interfaceType, methods);
        var proxy = module.DefineType("Proxy", TypeAttributes.Public | TypeAttributes.Sealed, typeof(GrainProxy));
        foreach (var type in interfaceType.GetInterfaces().Prepend(interfaceType))
        {
            proxy.AddInterfaceImplementation(type);
        }
        DefineFactory(proxy);

        var calls = new List<TypeBuilder>(methods.Length);
        foreach (var method in methods)
        {
            if (FaultOf(method) is { } fault)
            {
                throw new ArgumentException($"{interfaceType}.{method.Name} {fault}.");
            }
            var call = new CallEmitter(module, $"Call{calls.Count}", method);
            call.DefineProxyMethod(proxy);
            calls.Add(call.Type);
        }

        var created = proxy.CreateType();
        for (var i = 0; i < calls.Count; i++)
        {
            calls[i].CreateType().GetField(CallEmitter.MethodField)!.SetValue(null, new CallMethod(methods[i].DeclaringType!, methods[i]));
        }
        return created.GetMethod("Create")!.CreateDelegate<Func<GrainId, CallRouter, GrainProxy>>();
    }

    private static ModuleBuilder DefineModule(Type interfaceType, MethodInfo[] methods)
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName($"Calls.{interfaceType.FullName}"), AssemblyBuilderAccess.Run);
        var attribute = typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!;
        var types = methods.SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType));
        var used = types.SelectMany(WithArguments).Concat(interfaceType.GetInterfaces()).Append(interfaceType).Append(typeof(Call)).Append(typeof(IAddressable));
        foreach (var name in used.Select(type => type.Assembly.GetName().Name!).Distinct())
        {
            assembly.SetCustomAttribute(new CustomAttributeBuilder(attribute, [name]));
        }
        return assembly.DefineDynamicModule("Calls");
    }

    private static IEnumerable<Type> WithArguments(Type type)
        => type.HasElementType ? WithArguments(type.GetElementType()!) : type.GetGenericArguments().SelectMany(WithArguments).Append(type);

    private static void DefineFactory(TypeBuilder proxy)
    {
        Type[] parameters = [typeof(GrainId), typeof(CallRouter)];
        var constructor = proxy.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, parameters);
        var il = constructor.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Call, typeof(GrainProxy).GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Single());
        il.Emit(OpCodes.Ret);

        il = proxy.DefineMethod("Create", MethodAttributes.Public | MethodAttributes.Static, typeof(GrainProxy), parameters).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Newobj, constructor);
        il.Emit(OpCodes.Ret);
    }
}
