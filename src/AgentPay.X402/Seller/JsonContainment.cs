using System.Text.Json;

namespace AgentPay.X402.Seller;

/// <summary>Whether one JSON value says everything another says: a client may add members, never change or drop them.</summary>
internal static class JsonContainment
{
    /// <summary>True when every member of <paramref name="part"/>, however deep, is in <paramref name="whole"/> with the same value; both are valid JSON or absent.</summary>
    public static bool Holds(string? part, string? whole)
    {
        if (part is null || part == whole)
        {
            return true;
        }

        if (whole is null)
        {
            return false;
        }

        using var partDocument = JsonDocument.Parse(part);
        using var wholeDocument = JsonDocument.Parse(whole);
        return Holds(partDocument.RootElement, wholeDocument.RootElement);
    }

    private static bool Holds(JsonElement part, JsonElement whole)
    {
        if (part.ValueKind != JsonValueKind.Object || whole.ValueKind != JsonValueKind.Object)
        {
            return JsonElement.DeepEquals(part, whole);
        }

        foreach (var member in part.EnumerateObject())
        {
            if (!whole.TryGetProperty(member.Name, out var other) || !Holds(member.Value, other))
            {
                return false;
            }
        }

        return true;
    }
}
