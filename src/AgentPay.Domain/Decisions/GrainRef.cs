using System.Text.Json.Serialization;

namespace AgentPay.Domain.Decisions;

/// <summary>
/// The exact address of one grain: its type and its key, compared byte by byte. Nothing is hashed or folded,
/// so two different keys can never share a row.
/// </summary>
/// <param name="Type">The grain type, for example <c>settlement</c>; 1 to 64 characters of <c>[a-z0-9-]</c>.</param>
/// <param name="Key">The grain's key, for example <c>stl:eip155:8453:…</c>; 1 to 512 characters.</param>
[GenerateSerializer, Immutable, Alias("agentpay.GrainRef")]
public readonly record struct GrainRef(
    [property: Id(0), JsonPropertyName("t")] string Type,
    [property: Id(1), JsonPropertyName("k")] string Key)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Type}/{Key}";
}
