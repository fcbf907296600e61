using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using AgentPay.Domain.Settlements;
using AgentPay.Grains;

namespace AgentPay.Repository.Tests.Contracts;

/// <summary>
/// What one process says to another, and to its own rows: grain methods by their aliases, and the numbers of every member that crosses a call.
/// An alias or a number is for ever.
/// </summary>
public sealed class GrainContractTests
{
    private static readonly Assembly[] Ours = [typeof(Settlement).Assembly, typeof(GrainServices).Assembly];

    private static readonly Type[] Interfaces =
        [.. typeof(GrainServices).Assembly.GetTypes().Where(type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type)).OrderBy(type => type.Name, StringComparer.Ordinal)];

    private static readonly Type[] Records =
        [.. Ours.SelectMany(assembly => assembly.GetTypes()).Where(type => Has(type, "GenerateSerializerAttribute") && !type.IsEnum).OrderBy(type => type.Name, StringComparer.Ordinal)];

    [Fact]
    public void The_contracts_of_grains_are_the_ones_kept_in_the_file()
    {
        var text = new StringBuilder();
        foreach (var type in Interfaces)
        {
            text.Append("interface ").Append(AliasOf(type)).Append(" = ").Append(type.Name).Append('\n');
            foreach (var method in type.GetMethods().OrderBy(AliasOf, StringComparer.Ordinal))
            {
                var parameters = method.GetParameters().Select(parameter => NameOf(parameter.ParameterType));
                text.Append("  ").Append(AliasOf(method)).Append(" = ").Append(method.Name).Append('(').AppendJoin(", ", parameters).Append(") : ").Append(NameOf(method.ReturnType)).Append('\n');
            }
        }

        foreach (var type in Records)
        {
            text.Append("record ").Append(AliasOf(type)).Append(" = ").Append(NameOf(type)).Append(type.BaseType is { } parent && Ours.Contains(parent.Assembly) ? " : " + NameOf(parent) : "").Append('\n');
            foreach (var (id, member) in Members(type))
            {
                text.Append("  ").Append(id).Append(' ').Append(member.Name).Append(" : ").Append(NameOf(member.PropertyType)).Append('\n');
            }
        }

        Snapshot.Compare("tests/AgentPay.Repository.Tests/Contracts/GrainContracts.txt", text.ToString());
    }

    [Fact]
    public void Every_grain_interface_and_method_has_an_alias_of_its_own()
    {
        Assert.NotEmpty(Interfaces);
        Assert.Equal(Interfaces.Length, Interfaces.Select(AliasOf).Distinct().Count());
        Assert.All(Interfaces, type => Assert.Equal(type.GetMethods().Length, type.GetMethods().Select(AliasOf).Distinct().Count()));
    }

    [Fact]
    public void Every_record_has_an_alias_and_numbers_each_member_once()
    {
        Assert.Equal(Records.Length, Records.Select(AliasOf).Distinct().Count());
        Assert.All(Records, type => Assert.Equal(Members(type).Length, Members(type).Select(member => member.Id).Distinct().Count()));
    }

    [Fact]
    public void What_crosses_a_call_cannot_be_changed_by_either_side()
    {
        // The embedded silo hands arguments over by reference (docs/decisions/0001-two-hosts.md).
        var crossing = Interfaces.SelectMany(type => type.GetMethods()).SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType)).SelectMany(Parts).Distinct();
        Assert.All(crossing, type => Assert.True(IsImmutable(type), $"{type} is not known to be immutable."));
    }

    private static bool IsImmutable(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(void) || type == typeof(string) || type == typeof(UInt128) || type == typeof(TimeSpan) || type == typeof(DateTimeOffset) || type == typeof(CancellationToken)
        || type.Namespace == typeof(ImmutableArray<>).Namespace || type == typeof(Task) || type == typeof(Task<>) || type == typeof(Nullable<>)
        || (Has(type, "ImmutableAttribute") && type.GetProperties().All(property => property.SetMethod is not { } setter
            || setter.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit")));

    /// <summary>A type and what its type arguments are made of.</summary>
    private static IEnumerable<Type> Parts(Type type) =>
        type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];

    private static (uint Id, PropertyInfo Member)[] Members(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(property => Has(property, "IdAttribute"))
            .Select(property => ((uint)Attribute(property, "IdAttribute")!.ConstructorArguments[0].Value!, property)).OrderBy(entry => entry.Item1)];

    private static string AliasOf(MemberInfo member) => Attribute(member, "AliasAttribute")?.ConstructorArguments[0].Value as string
        ?? throw new InvalidOperationException($"{member.DeclaringType?.Name}.{member.Name} has no alias.");

    private static bool Has(MemberInfo member, string name) => Attribute(member, name) is not null;

    private static CustomAttributeData? Attribute(MemberInfo member, string name) =>
        member.GetCustomAttributesData().FirstOrDefault(attribute => attribute.AttributeType.Name == name);

    private static string NameOf(Type type) => !type.IsGenericType
        ? type.Name
        : $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>";
}
