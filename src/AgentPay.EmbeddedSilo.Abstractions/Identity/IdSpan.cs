namespace Orleans.Runtime;

/// <summary>One part of a grain's identity: a text compared ordinally.</summary>
[GenerateSerializer, Immutable]
public readonly struct IdSpan : IEquatable<IdSpan>
{
    private readonly string? text;
    private readonly int hash;

    private IdSpan(string text)
    {
        this.text = text;
        hash = text.GetHashCode(StringComparison.Ordinal);
    }

    /// <summary>Whether this is the value of an unset identity.</summary>
    public bool IsDefault => string.IsNullOrEmpty(text);

    /// <summary>Makes a part of an identity.</summary>
    public static IdSpan Create(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return new IdSpan(id);
    }

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is IdSpan other && Equals(other);

    /// <inheritdoc />
    public bool Equals(IdSpan obj) => hash == obj.hash && string.Equals(text ?? "", obj.text ?? "", StringComparison.Ordinal);

    /// <inheritdoc />
    public override int GetHashCode() => hash;

    /// <inheritdoc />
    public override string ToString() => text ?? "";

    /// <summary>Whether both are the same text.</summary>
    public static bool operator ==(IdSpan left, IdSpan right) => left.Equals(right);

    /// <summary>Whether the texts differ.</summary>
    public static bool operator !=(IdSpan left, IdSpan right) => !left.Equals(right);
}
