using System.Text;
using System.Text.Json;
using AgentPay.Benchmarks.Load;

namespace AgentPay.Benchmarks.Facilitator;

/// <summary>Says of an answer what went wrong; null when nothing did.</summary>
internal static class Answers
{
    public static string? Verified(HttpAnswer answer) => answer.Body.Span.IndexOf("\"isValid\":true"u8) >= 0 ? null : ReasonOf(answer);

    public static string? Settled(HttpAnswer answer) => answer.Body.Span.IndexOf("\"success\":true"u8) >= 0 ? null : ReasonOf(answer);

    public static string? Called(HttpAnswer answer) => answer.Body.Span.IndexOf("\"result\":\"0x"u8) >= 0 ? null : ReasonOf(answer);

    public static string? Ok(HttpAnswer answer) => answer.Status == 200 ? null : ReasonOf(answer);

    private static string ReasonOf(HttpAnswer answer)
    {
        var text = Encoding.UTF8.GetString(answer.Body.Span);
        try
        {
            using var json = JsonDocument.Parse(text[text.IndexOf('{')..(text.LastIndexOf('}') + 1)]);
            foreach (var name in (string[])["errorReason", "invalidReason", "error", "code"])
            {
                if (json.RootElement.TryGetProperty(name, out var value))
                {
                    var reason = value.ToString().Split('\n')[0];
                    return reason[..Math.Min(reason.Length, 60)];
                }
            }
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException)
        {
            // Told by its status below.
        }

        return $"HTTP {answer.Status}";
    }
}
