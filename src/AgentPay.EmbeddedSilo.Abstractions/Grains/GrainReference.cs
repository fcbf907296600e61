namespace Orleans.Runtime;

/// <summary>A name for a grain that calls can be sent to. Two references to one grain are equal.</summary>
public class GrainReference : IAddressable, IEquatable<GrainReference>
{
    internal GrainReference(GrainId grainId, IReferenceSource source)
    {
        GrainId = grainId;
        Source = source;
    }

    /// <summary>The grain's identity.</summary>
    public GrainId GrainId { get; }

    internal IReferenceSource Source { get; }

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    /// <inheritdoc />
    public bool Equals(GrainReference? other) => other is not null && GrainId.Equals(other.GrainId);

    /// <inheritdoc />
    public override int GetHashCode() => GrainId.GetHashCode();

    /// <inheritdoc />
    public sealed override string ToString() => $"GrainReference:{GrainId}";

    /// <summary>Whether both name the same grain.</summary>
    public static bool operator ==(GrainReference? reference1, GrainReference? reference2) => Equals(reference1, reference2);

    /// <summary>Whether they name different grains.</summary>
    public static bool operator !=(GrainReference? reference1, GrainReference? reference2) => !Equals(reference1, reference2);
}

/// <summary>Makes references; what the host gives to each of them.</summary>
internal interface IReferenceSource
{
    GrainReference GetReference(Type interfaceType, GrainId grainId);
}
