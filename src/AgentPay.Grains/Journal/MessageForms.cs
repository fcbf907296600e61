using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Journal;

/// <summary>The stored form of facts.</summary>
internal static class MessageForms
{
    public static IReadOnlyList<OutgoingMessage> Write(ImmutableArray<MessageDraft> messages)
    {
        if (messages.IsEmpty)
        {
            return [];
        }

        var stored = new OutgoingMessage[messages.Length];
        for (var i = 0; i < stored.Length; i++)
        {
            stored[i] = new OutgoingMessage(messages[i].Target, JsonSerializer.SerializeToUtf8Bytes(messages[i].Fact, FactForms.Default.Fact));
        }

        return stored;
    }

    public static Fact Read(ReadOnlySpan<byte> body) => JsonSerializer.Deserialize(body, FactForms.Default.Fact)!;
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Fact))]
internal sealed partial class FactForms : JsonSerializerContext;
