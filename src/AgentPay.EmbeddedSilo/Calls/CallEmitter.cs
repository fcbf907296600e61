using System.Reflection;
using System.Reflection.Emit;

namespace AgentPay.EmbeddedSilo.Calls;

/// <summary>Emits the <see cref="Call"/> class of one interface method.</summary>
internal sealed class CallEmitter
{
    public const string MethodField = "InterfaceMethod";

    private const MethodAttributes Override = MethodAttributes.Public | MethodAttributes.Virtual | MethodAttributes.HideBySig;

    private readonly MethodInfo method;
    private readonly Type[] parameters;
    private readonly Type baseType;
    private readonly FieldBuilder[] arguments;
    private readonly ConstructorBuilder constructor;

    public CallEmitter(ModuleBuilder module, string name, MethodInfo method)
    {
        this.method = method;
        parameters = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
        baseType = method.ReturnType.IsGenericType ? typeof(Call<>).MakeGenericType(method.ReturnType.GetGenericArguments()) : typeof(VoidCall);
        Type = module.DefineType(name, TypeAttributes.Public | TypeAttributes.Sealed, baseType);
        arguments = [.. parameters.Select((type, i) => Type.DefineField($"argument{i}", type, FieldAttributes.Private))];
        constructor = DefineConstructor();
        DefineMethodProperty();
        DefineCancellation();
        DefineStart();
    }

    public TypeBuilder Type { get; }

    private bool ReturnsValueTask => method.ReturnType.IsValueType;

    public void DefineProxyMethod(TypeBuilder proxy)
    {
        var attributes = MethodAttributes.Private | MethodAttributes.Virtual | MethodAttributes.Final | MethodAttributes.NewSlot | MethodAttributes.HideBySig;
        var implementation = proxy.DefineMethod($"{method.DeclaringType!.FullName}.{method.Name}", attributes, method.ReturnType, parameters);
        var il = implementation.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        for (var i = 0; i < parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarg, (short)(i + 1));
        }
        il.Emit(OpCodes.Newobj, constructor);
        var send = typeof(GrainProxy).GetMethods(BindingFlags.Instance | BindingFlags.NonPublic)
            .Single(candidate => candidate.Name == (ReturnsValueTask ? nameof(GrainProxy.SendValue) : nameof(GrainProxy.Send))
                && candidate.IsGenericMethod == method.ReturnType.IsGenericType);
        il.Emit(OpCodes.Call, send.IsGenericMethod ? send.MakeGenericMethod(method.ReturnType.GetGenericArguments()) : send);
        il.Emit(OpCodes.Ret);
        proxy.DefineMethodOverride(implementation, method);
    }

    private ConstructorBuilder DefineConstructor()
    {
        var built = Type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, parameters);
        var il = built.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, baseType.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Single());
        for (var i = 0; i < parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldarg, (short)(i + 1));
            il.Emit(OpCodes.Stfld, arguments[i]);
        }
        il.Emit(OpCodes.Ret);
        return built;
    }

    private void DefineMethodProperty()
    {
        var field = Type.DefineField(MethodField, typeof(CallMethod), FieldAttributes.Public | FieldAttributes.Static);
        var getter = typeof(Call).GetProperty(nameof(Call.Method))!.GetMethod!;
        var il = Type.DefineMethod(getter.Name, Override | MethodAttributes.SpecialName, getter.ReturnType, []).GetILGenerator();
        il.Emit(OpCodes.Ldsfld, field);
        il.Emit(OpCodes.Ret);
    }

    private void DefineCancellation()
    {
        if (Array.IndexOf(parameters, typeof(CancellationToken)) is >= 0 and var place)
        {
            var getter = typeof(Call).GetProperty(nameof(Call.Cancellation))!.GetMethod!;
            var il = Type.DefineMethod(getter.Name, Override | MethodAttributes.SpecialName, getter.ReturnType, []).GetILGenerator();
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, arguments[place]);
            il.Emit(OpCodes.Ret);
        }
    }

    private void DefineStart()
    {
        var il = Type.DefineMethod(nameof(Call.Start), Override, typeof(Task), [typeof(object)]).GetILGenerator();
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Castclass, method.DeclaringType!);
        foreach (var argument in arguments)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, argument);
        }
        il.Emit(OpCodes.Callvirt, method);
        if (ReturnsValueTask)
        {
            var local = il.DeclareLocal(method.ReturnType);
            il.Emit(OpCodes.Stloc, local);
            il.Emit(OpCodes.Ldloca, local);
            il.Emit(OpCodes.Call, method.ReturnType.GetMethod(nameof(ValueTask.AsTask))!);
        }
        il.Emit(OpCodes.Ret);
    }
}
