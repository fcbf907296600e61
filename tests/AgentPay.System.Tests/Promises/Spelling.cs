using System.Text.Json;
using System.Text.Json.Nodes;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Promises;

/// <summary>Bytes that differ and mean the same payment.</summary>
internal static class Spelling
{
    private static readonly JsonSerializerOptions _spacious = new() { WriteIndented = true };

    /// <summary>Way 0 is the payment's own bytes; of two different ways below 64 no two are alike.</summary>
    public static string Of(Payment payment, int way)
    {
        var body = payment.Body.DeepClone().AsObject();
        var payload = body["paymentPayload"]!["payload"]!.AsObject();
        var signature = payload["signature"]!.GetValue<string>();
        if ((way & 1) != 0)
        {
            // The parity of the signature's point as the curve has it, not as Ethereum writes it.
            signature = signature[..^2] + (signature.EndsWith("1b", StringComparison.Ordinal) ? "00" : "01");
        }

        payload["signature"] = (way & 2) == 0 ? signature : Capitals(signature);
        if ((way & 4) != 0)
        {
            Change(payload["authorization"]!, "from", Capitals);
            Change(payload["authorization"]!, "nonce", Capitals);
            Change(body["paymentRequirements"]!, "payTo", Capitals);
        }

        if ((way & 8) != 0)
        {
            body["more"] = new JsonObject { ["Value"] = "1" };
            payload["authorization"]!["note"] = null;
        }

        var ordered = (way & 16) == 0 ? body : Reversed(body)!;
        return (way & 32) == 0 ? ordered.ToJsonString() : ordered.ToJsonString(_spacious);
    }

    private static void Change(JsonNode part, string name, Func<string, string> change) => part[name] = change(part[name]!.GetValue<string>());

    private static string Capitals(string hex) => "0x" + hex[2..].ToUpperInvariant();

    private static JsonNode? Reversed(JsonNode? node) => node is JsonObject members
        ? new JsonObject(members.Reverse().Select(static member => KeyValuePair.Create(member.Key, Reversed(member.Value))))
        : node?.DeepClone();
}
