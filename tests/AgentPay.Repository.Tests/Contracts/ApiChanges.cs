using System.Text.Json.Nodes;

namespace AgentPay.Repository.Tests.Contracts;

/// <summary>
/// What changed from one OpenAPI document to the next: what a client of yesterday may go on without, and what breaks it. A place is a JSON pointer, with the name of
/// an element instead of its number where it has one.
/// </summary>
internal sealed class ApiChanges
{
    private static readonly string[] Words = ["description", "summary", "example", "examples", "title"];

    private ApiChanges()
    {
    }

    public SortedSet<string> Additions { get; } = [];

    public SortedSet<string> Breaks { get; } = [];

    public static ApiChanges Between(JsonNode kept, JsonNode found)
    {
        var changes = new ApiChanges();
        changes.Compare(kept, found, "");
        return changes;
    }

    private void Compare(JsonNode? kept, JsonNode? found, string at)
    {
        if (kept is JsonObject before && found is JsonObject after)
        {
            CompareMembers(before, after, at);
        }
        else if (kept is JsonArray old && found is JsonArray young)
        {
            CompareElements(old, young, at);
        }
        else if (!JsonNode.DeepEquals(kept, found))
        {
            Breaks.Add(at);
        }
    }

    private void CompareMembers(JsonObject kept, JsonObject found, string at)
    {
        foreach (var (name, value) in kept)
        {
            var place = $"{at}/{Escape(name)}";
            if (IsWords(name, at))
            {
                if (!JsonNode.DeepEquals(value, found[name]))
                {
                    Additions.Add(place);
                }
            }
            else if (!found.ContainsKey(name))
            {
                Breaks.Add(place);
            }
            else
            {
                Compare(value, found[name], place);
            }
        }

        foreach (var (name, value) in found.Where(member => !kept.ContainsKey(member.Key)))
        {
            // A new bound on what was free before, such as a pattern or an enum, refuses what was taken; a body or a member of its own does not.
            var isNarrower = name is "enum" or "pattern" or "maxLength" or "minLength" or "maximum" or "minimum" or "security" || (name == "required" && IsTrue(value));
            (isNarrower ? Breaks : Additions).Add($"{at}/{Escape(name)}");
        }
    }

    private void CompareElements(JsonArray kept, JsonArray found, string at)
    {
        var (before, after) = (Named(kept), Named(found));
        foreach (var (name, element) in before)
        {
            if (after.TryGetValue(name, out var other))
            {
                Compare(element, other, $"{at}/{Escape(name)}");
            }
            else
            {
                Breaks.Add($"{at}/{Escape(name)}");
            }
        }

        foreach (var (name, element) in after.Where(element => !before.ContainsKey(element.Key)))
        {
            var isDemand = element is JsonObject parameter && IsTrue(parameter["required"]);
            (isDemand ? Breaks : Additions).Add($"{at}/{Escape(name)}");
        }
    }

    private static Dictionary<string, JsonNode?> Named(JsonArray elements)
    {
        var named = new Dictionary<string, JsonNode?>();
        foreach (var element in elements)
        {
            var name = element is JsonObject item ? item["name"]?.ToString() ?? item["$ref"]?.ToString() ?? item.ToJsonString() : element?.ToString() ?? "null";
            named[name] = element;
        }

        return named;
    }

    /// <summary>Words for people; among properties and schemas it is a name that somebody chose.</summary>
    private static bool IsWords(string name, string at) =>
        Words.Contains(name) && !at.EndsWith("/properties", StringComparison.Ordinal) && !at.EndsWith("/schemas", StringComparison.Ordinal);

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var isTrue) && isTrue;

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
