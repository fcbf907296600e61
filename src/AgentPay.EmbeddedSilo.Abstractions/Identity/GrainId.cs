using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>The identity of one grain, written <c>type/key</c>.</summary>
[GenerateSerializer, Immutable]
public readonly struct GrainId : IEquatable<GrainId>
{
    /// <summary>Makes an identity from its parts.</summary>
    public GrainId(GrainType type, IdSpan key)
    {
        Type = type;
        Key = key;
    }

    /// <summary>The name that all grains of its class share.</summary>
    public GrainType Type { get; }

    /// <summary>The key among them.</summary>
    public IdSpan Key { get; }

    /// <summary>Whether this is no identity at all.</summary>
    public bool IsDefault => Type.IsDefault && Key.IsDefault;

    /// <summary>Makes an identity from its parts.</summary>
    public static GrainId Create(string type, string key) => Create(GrainType.Create(type), key);

    /// <summary>Makes an identity from its parts.</summary>
    public static GrainId Create(GrainType type, string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return new GrainId(type, IdSpan.Create(key));
    }

    /// <summary>Makes an identity from its parts.</summary>
    public static GrainId Create(GrainType type, IdSpan key) => new(type, key);

    /// <summary>Reads <c>type/key</c>; the key may itself contain slashes.</summary>
    /// <exception cref="FormatException">The text is no identity.</exception>
    public static GrainId Parse(string value)
        => TryParse(value, out var result) ? result : throw new FormatException("A grain id is written type/key.");

    /// <summary>Reads <c>type/key</c>; the key may itself contain slashes.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, out GrainId result)
    {
        var slash = value?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (value is null || slash <= 0 || slash == value.Length - 1)
        {
            result = default;
            return false;
        }
        result = Create(value[..slash], value[(slash + 1)..]);
        return true;
    }

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is GrainId other && Equals(other);

    /// <inheritdoc />
    public bool Equals(GrainId other) => Key.Equals(other.Key) && Type.Equals(other.Type);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Type.GetHashCode(), Key.GetHashCode());

    /// <inheritdoc />
    public override string ToString() => $"{Type}/{Key}";

    /// <summary>Whether both are the same grain.</summary>
    public static bool operator ==(GrainId left, GrainId right) => left.Equals(right);

    /// <summary>Whether the grains differ.</summary>
    public static bool operator !=(GrainId left, GrainId right) => !left.Equals(right);
}
