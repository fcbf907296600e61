#if !ORLEANS
using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace AgentPay.EmbeddedSilo.Tests.Signatures;

/// <summary>
/// What an assembly declares for others in the namespaces of Orleans, as text: per type a head line that must be equal, and a set
/// of member lines of which fewer may be declared.
/// </summary>
internal sealed class PublicApi
{
    private const MethodAttributes Kinds = MethodAttributes.Static | MethodAttributes.Abstract | MethodAttributes.Virtual;

    private readonly MetadataReader reader;

    private PublicApi(MetadataReader reader) => this.reader = reader;

    public static SortedDictionary<string, ApiType> Read(string path)
    {
        using var stream = File.OpenRead(path);
        using var file = new PEReader(stream);
        var api = new PublicApi(file.GetMetadataReader());
        var types = new SortedDictionary<string, ApiType>(StringComparer.Ordinal);
        foreach (var handle in api.reader.TypeDefinitions)
        {
            var type = api.reader.GetTypeDefinition(handle);
            var name = TypeNames.NameOf(api.reader, handle, new([], []));
            if ((type.Attributes & TypeAttributes.VisibilityMask) is TypeAttributes.Public or TypeAttributes.NestedPublic && name.StartsWith("Orleans", StringComparison.Ordinal))
            {
                types.Add(name, api.Describe(name, type));
            }
        }
        return types;
    }

    private ApiType Describe(string name, TypeDefinition type)
    {
        var names = new GenericNames(NamesOf(type.GetGenericParameters()), []);
        var flags = type.Attributes.HasFlag(TypeAttributes.Interface) ? "Interface" : $"{type.Attributes & (TypeAttributes.Abstract | TypeAttributes.Sealed)} Class";
        var members = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var implementation in type.GetInterfaceImplementations())
        {
            members.Add($"is {TypeNames.NameOf(reader, reader.GetInterfaceImplementation(implementation).Interface, names)}");
        }
        members.UnionWith(type.GetMethods().Select(handle => Describe(reader.GetMethodDefinition(handle), names)).OfType<string>());
        members.UnionWith(type.GetFields().Select(handle => Describe(reader.GetFieldDefinition(handle), names)).OfType<string>());
        var parent = type.BaseType.IsNil ? "" : $" : {TypeNames.NameOf(reader, type.BaseType, names)}";
        var head = $"{flags} {name}{Constraints(type.GetGenericParameters(), names)}{parent}{Usage(type)}";
        return new ApiType(head, members);
    }

    private string? Describe(MethodDefinition method, GenericNames typeNames)
    {
        if ((method.Attributes & MethodAttributes.MemberAccessMask) is not (MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem))
        {
            return null;
        }
        var names = typeNames with { Method = NamesOf(method.GetGenericParameters()) };
        var signature = method.DecodeSignature(new TypeNames(), names);
        var parameters = method.GetParameters().Select(handle => reader.GetParameter(handle)).Where(parameter => parameter.SequenceNumber > 0)
            .ToDictionary(parameter => parameter.SequenceNumber - 1);
        var list = signature.ParameterTypes.Select((type, i) => parameters.TryGetValue(i, out var parameter)
            ? $"{type} {reader.GetString(parameter.Name)}{(parameter.Attributes.HasFlag(ParameterAttributes.Out) ? " out" : "")}{Default(parameter.GetDefaultValue())}"
            : type);
        var access = (method.Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public ? "public" : "protected";
        var kind = (method.Attributes & Kinds) is var kinds && kinds == 0 ? "" : $"{kinds} ";
        return $"{access} {kind}{signature.ReturnType} {reader.GetString(method.Name)}{Constraints(method.GetGenericParameters(), names)}({string.Join(", ", list)})";
    }

    private string? Describe(FieldDefinition field, GenericNames names)
        => (field.Attributes & FieldAttributes.FieldAccessMask) is FieldAttributes.Public or FieldAttributes.Family && !field.Attributes.HasFlag(FieldAttributes.SpecialName)
            ? $"{field.Attributes & (FieldAttributes.Static | FieldAttributes.InitOnly | FieldAttributes.Literal)} {field.DecodeSignature(new TypeNames(), names)} {reader.GetString(field.Name)}{Default(field.GetDefaultValue())}"
            : null;

    private string[] NamesOf(GenericParameterHandleCollection parameters)
        => [.. parameters.Select(handle => reader.GetString(reader.GetGenericParameter(handle).Name))];

    private string Constraints(GenericParameterHandleCollection parameters, GenericNames names)
        => parameters.Count == 0 ? "" : $"<{string.Join(", ", parameters.Select(handle =>
        {
            var parameter = reader.GetGenericParameter(handle);
            var types = parameter.GetConstraints().Select(each => TypeNames.NameOf(reader, reader.GetGenericParameterConstraint(each).Type, names));
            return $"{parameter.Attributes} {reader.GetString(parameter.Name)}{string.Concat(types.Select(each => $" {each}"))}";
        }))}>";

    private string Default(ConstantHandle handle)
    {
        if (handle.IsNil)
        {
            return "";
        }
        var constant = reader.GetConstant(handle);
        var value = reader.GetBlobReader(constant.Value).ReadConstant(constant.TypeCode);
        return string.Create(CultureInfo.InvariantCulture, $" = {value ?? "null"}");
    }

    private string Usage(TypeDefinition type)
    {
        foreach (var attribute in type.GetCustomAttributes().Select(handle => reader.GetCustomAttribute(handle)))
        {
            if (attribute.Constructor.Kind == HandleKind.MemberReference
                && TypeNames.NameOf(reader, reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent, new([], [])) == "System.AttributeUsageAttribute")
            {
                var value = attribute.DecodeValue(new TypeNames());
                var named = value.NamedArguments.Select(each => $", {each.Name} = {each.Value}").Order(StringComparer.Ordinal);
                return $" for {(AttributeTargets)value.FixedArguments[0].Value!}{string.Concat(named)}";
            }
        }
        return "";
    }
}

/// <summary>One public type.</summary>
internal sealed record ApiType(string Head, IReadOnlySet<string> Members);
#endif
