using System.Text.Json.Serialization;

namespace AgentPay.Silo.Health;

/// <summary>Whether grains can be called from this process.</summary>
internal interface ISiloHealth
{
    SiloAnswer Look();
}

/// <summary>What runs the grains, as seen from here.</summary>
/// <param name="Status"><c>active</c> when grains can be called; else <c>joining</c>, <c>leaving</c>, <c>dead</c> or <c>disconnected</c>.</param>
/// <param name="Members">Silos at work, this one included; null when this process cannot tell.</param>
internal sealed record SiloAnswer([property: JsonPropertyName("status")] string Status, [property: JsonPropertyName("members")] int? Members)
{
    public const string Active = "active";

    [JsonIgnore]
    public bool IsActive => Status == Active;
}

/// <summary>The grains are in this process and nowhere else.</summary>
internal sealed class OneSilo : ISiloHealth
{
    public SiloAnswer Look() => new(SiloAnswer.Active, 1);
}
