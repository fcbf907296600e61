using System.Buffers;
using System.Text.Json;
using AgentPay.X402.Messages;
using AgentPay.X402.Networks;

namespace AgentPay.X402.Writing;

/// <summary>Writes the answers of a facilitator and the receipts of a seller. Absent members are left out, never written as null.</summary>
public static class AnswerWriter
{
    /// <summary>The answer to <c>POST /verify</c> as UTF-8 JSON.</summary>
    public static byte[] Write(VerifyResponse answer) => MessageJson.WriteBytes(answer, WriteMembers);

    /// <summary>Appends the answer to <c>POST /verify</c> to a buffer.</summary>
    public static void Write(IBufferWriter<byte> output, VerifyResponse answer) => MessageJson.Write(output, answer, WriteMembers);

    /// <summary>The answer to <c>POST /settle</c>, or the content of a receipt header, as UTF-8 JSON.</summary>
    public static byte[] Write(X402Version version, SettleResponse answer) => MessageJson.WriteBytes((version, answer), WriteMembers);

    /// <summary>Appends the answer to <c>POST /settle</c> to a buffer.</summary>
    public static void Write(IBufferWriter<byte> output, X402Version version, SettleResponse answer) =>
        MessageJson.Write(output, (version, answer), WriteMembers);

    /// <summary>The answer to <c>GET /supported</c> as UTF-8 JSON.</summary>
    public static byte[] Write(SupportedResponse answer) => MessageJson.WriteBytes(answer, WriteMembers);

    private static void WriteMembers(Utf8JsonWriter writer, VerifyResponse answer)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("isValid"u8, answer.IsValid);
        WriteOptional(writer, "invalidReason", answer.InvalidReason);
        WriteOptional(writer, "invalidMessage", answer.InvalidMessage);
        WriteOptional(writer, "payer", answer.Payer);
        writer.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter writer, (X402Version Version, SettleResponse Answer) state)
    {
        var answer = state.Answer;
        writer.WriteStartObject();
        writer.WriteBoolean("success"u8, answer.Success);
        WriteOptional(writer, "errorReason", answer.ErrorReason);
        WriteOptional(writer, "errorMessage", answer.ErrorMessage);
        WriteOptional(writer, "payer", answer.Payer);
        writer.WriteString("transaction"u8, answer.Transaction);
        writer.WriteString("network"u8, LegacyNetworkNames.ForVersion(state.Version, answer.Network) ?? answer.Network);
        WriteOptional(writer, "amount", answer.Amount);
        writer.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter writer, SupportedResponse answer)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("kinds"u8);
        foreach (var kind in answer.Kinds)
        {
            WriteKind(writer, kind);
        }

        writer.WriteEndArray();
        WriteTexts(writer, "extensions", answer.Extensions);
        writer.WriteStartObject("signers"u8);
        foreach (var signers in answer.Signers)
        {
            WriteTexts(writer, signers.NetworkPattern, signers.Addresses);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteKind(Utf8JsonWriter writer, SupportedKind kind)
    {
        if (LegacyNetworkNames.ForVersion(kind.Version, kind.Network) is not { } network)
        {
            return;
        }

        writer.WriteStartObject();
        writer.WriteNumber("x402Version"u8, (int)kind.Version);
        writer.WriteString("scheme"u8, kind.Scheme);
        writer.WriteString("network"u8, network);
        if (kind.ExtraJson is not null)
        {
            writer.WritePropertyName("extra"u8);
            writer.WriteRawValue(kind.ExtraJson);
        }

        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
