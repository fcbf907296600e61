using System.Reflection;
using AgentPay.Grains.Settlements;

namespace AgentPay.Grains.Tests.Contracts;

/// <summary>The embedded silo hands arguments over by reference: what crosses a call must not change afterwards, and Orleans must know how to write it.</summary>
public sealed class CallContractTests
{
    private static readonly HashSet<Type> Primitives =
    [
        typeof(string), typeof(bool), typeof(int), typeof(long), typeof(ulong), typeof(UInt128), typeof(Int128), typeof(DateTimeOffset), typeof(TimeSpan), typeof(CancellationToken),
    ];

    public static TheoryData<Type> Crossing()
    {
        var found = new HashSet<Type>();
        foreach (var method in typeof(ISettlementGrain).Assembly.GetTypes().Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable))).SelectMany(type => type.GetMethods()))
        {
            Collect(method.ReturnType, found);
            foreach (var parameter in method.GetParameters())
            {
                Collect(parameter.ParameterType, found);
            }
        }

        return [.. found.OrderBy(type => type.FullName, StringComparer.Ordinal)];
    }

    [Theory, MemberData(nameof(Crossing))]
    public void What_crosses_a_grain_call_is_an_immutable_record_with_numbered_members(Type type)
    {
        Assert.NotNull(type.GetCustomAttributes(inherit: false).SingleOrDefault(attribute => attribute.GetType().Name == "GenerateSerializerAttribute"));
        if (type.IsEnum)
        {
            return;
        }

        Assert.True(type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance) is not null, $"{type} is no record.");
        Assert.Contains(type.GetCustomAttributes(inherit: false), attribute => attribute.GetType().Name == "ImmutableAttribute");
        Assert.Contains(type.GetCustomAttributes(inherit: false), attribute => attribute.GetType().Name == "AliasAttribute");
        var members = Stored(type).ToArray();
        foreach (var member in members)
        {
            Assert.True(IsInitOnly(member), $"{type.Name}.{member.Name} can be set.");
        }

        var ids = members.Select(member => member.GetCustomAttributesData().SingleOrDefault(data => data.AttributeType.Name == "IdAttribute")
            ?.ConstructorArguments[0].Value).ToArray();
        Assert.DoesNotContain(null, ids);
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public void Every_kind_of_command_and_fact_is_among_them()
    {
        Assert.Contains(typeof(AgentPay.Domain.Settlements.ConfirmSettlement), Types());
        Assert.Contains(typeof(AgentPay.Domain.Settlements.SettlementReserved), Types());
        Assert.Contains(typeof(AgentPay.Domain.Signers.SignedForm), Types());
    }

    private static IEnumerable<Type> Types() => Crossing().Select(row => row.Data);

    private static void Collect(Type type, HashSet<Type> found)
    {
        var arguments = type.IsArray ? [type.GetElementType()!] : type.GetGenericArguments();
        Assert.False(type.IsArray, $"{type} can be changed.");
        if (Primitives.Contains(type) || type == typeof(Task) || type == typeof(ValueTask) || type.IsGenericParameter)
        {
            return;
        }

        foreach (var argument in arguments)
        {
            Collect(argument, found);
        }

        var isContainer = type.Namespace == "System.Collections.Immutable" || (type.IsGenericType && type.GetGenericTypeDefinition() is { } open
            && (open == typeof(Task<>) || open == typeof(ValueTask<>) || open == typeof(Nullable<>)));
        var shape = type.IsGenericType && !isContainer ? type.GetGenericTypeDefinition() : type;
        if (isContainer || !found.Add(shape))
        {
            return;
        }

        Assert.StartsWith("AgentPay.", shape.Namespace, StringComparison.Ordinal);
        foreach (var member in Stored(shape))
        {
            Collect(member.PropertyType, found);
        }

        foreach (var kind in shape.Assembly.GetTypes().Where(kind => kind.BaseType == shape))
        {
            Collect(kind, found);
        }
    }

    /// <summary>The properties that hold something; those computed from others cross nothing.</summary>
    private static IEnumerable<PropertyInfo> Stored(Type type) => type.IsEnum ? [] : type
        .GetProperties(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(property => property.Name != "EqualityContract" && type.GetField($"<{property.Name}>k__BackingField", BindingFlags.NonPublic | BindingFlags.Instance) is not null);

    private static bool IsInitOnly(PropertyInfo property) =>
        property.SetMethod is not { } setter
        || setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit));
}
