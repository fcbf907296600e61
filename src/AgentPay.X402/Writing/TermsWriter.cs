using System.Buffers;
using System.Text.Json;
using AgentPay.X402.Messages;
using AgentPay.X402.Networks;

namespace AgentPay.X402.Writing;

/// <summary>Writes what a 402 answer asks for (x402 v1 and v2 specifications, "PaymentRequired").</summary>
public static class TermsWriter
{
    /// <summary>The message of the given version as UTF-8 JSON. In v1, ways to pay on networks without a v1 name are left out.</summary>
    public static byte[] Write(X402Version version, PaymentRequired terms) => version == X402Version.V1
        ? MessageJson.WriteBytes(terms, WriteV1)
        : MessageJson.WriteBytes(terms, WriteV2);

    /// <summary>Appends the message of the given version to a buffer.</summary>
    public static void Write(IBufferWriter<byte> output, X402Version version, PaymentRequired terms) =>
        MessageJson.Write(output, terms, version == X402Version.V1 ? WriteV1 : WriteV2);

    /// <summary>True when v1 can say any of these ways to pay.</summary>
    public static bool CanWriteV1(PaymentRequired terms) => terms.Accepts.Any(entry => LegacyNetworkNames.FromCaip2(entry.Network) is not null);

    private static void WriteV1(Utf8JsonWriter writer, PaymentRequired terms)
    {
        writer.WriteStartObject();
        writer.WriteNumber("x402Version"u8, 1);
        WriteOptional(writer, "error", terms.Error);
        writer.WriteStartArray("accepts"u8);
        foreach (var entry in terms.Accepts)
        {
            if (LegacyNetworkNames.FromCaip2(entry.Network) is { } name)
            {
                WriteEntryV1(writer, entry, name, terms.Resource);
            }
        }

        writer.WriteEndArray();
        WriteOptional(writer, "payer", terms.Payer);
        writer.WriteEndObject();
    }

    private static void WriteEntryV1(Utf8JsonWriter writer, PaymentRequirements entry, string network, ResourceInfo resource)
    {
        writer.WriteStartObject();
        writer.WriteString("scheme"u8, entry.Scheme);
        writer.WriteString("network"u8, network);
        writer.WriteString("maxAmountRequired"u8, entry.Amount);
        writer.WriteString("asset"u8, entry.Asset);
        writer.WriteString("payTo"u8, entry.PayTo);
        writer.WriteString("resource"u8, resource.Url);
        writer.WriteString("description"u8, resource.Description);
        writer.WriteString("mimeType"u8, resource.MimeType);
        writer.WriteNumber("maxTimeoutSeconds"u8, entry.MaxTimeoutSeconds);
        WriteRaw(writer, "extra", entry.Extra.Json);
        writer.WriteEndObject();
    }

    private static void WriteV2(Utf8JsonWriter writer, PaymentRequired terms)
    {
        writer.WriteStartObject();
        writer.WriteNumber("x402Version"u8, 2);
        WriteOptional(writer, "error", terms.Error);
        writer.WriteStartObject("resource"u8);
        writer.WriteString("url"u8, terms.Resource.Url);
        writer.WriteString("description"u8, terms.Resource.Description);
        writer.WriteString("mimeType"u8, terms.Resource.MimeType);
        writer.WriteEndObject();
        writer.WriteStartArray("accepts"u8);
        foreach (var entry in terms.Accepts)
        {
            WriteEntryV2(writer, entry);
        }

        writer.WriteEndArray();
        WriteRaw(writer, "extensions", terms.ExtensionsJson);
        writer.WriteEndObject();
    }

    private static void WriteEntryV2(Utf8JsonWriter writer, PaymentRequirements entry)
    {
        writer.WriteStartObject();
        writer.WriteString("scheme"u8, entry.Scheme);
        writer.WriteString("network"u8, entry.Network);
        writer.WriteString("amount"u8, entry.Amount);
        writer.WriteString("asset"u8, entry.Asset);
        writer.WriteString("payTo"u8, entry.PayTo);
        writer.WriteNumber("maxTimeoutSeconds"u8, entry.MaxTimeoutSeconds);
        WriteRaw(writer, "extra", entry.Extra.Json);
        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteRaw(Utf8JsonWriter writer, string name, string? json)
    {
        if (json is not null)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(json);
        }
    }
}
