using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentPay.Grains.Settlements;

/// <summary>
/// What a priced handler answered to a payment whose payer named it (x402 v2 extension <c>payment-identifier</c>), kept so that the same request can be repeated.
/// </summary>
/// <param name="Request">Fingerprint of what has to be repeated: <see cref="FingerprintOf"/>.</param>
/// <param name="HttpStatus">The status that was answered.</param>
/// <param name="ContentType">Of the body; empty for none.</param>
/// <param name="Receipt">The value of the receipt header.</param>
/// <param name="Body">In Base64; at most <see cref="BodyBytesMax"/> bytes.</param>
[GenerateSerializer, Immutable, Alias("agentpay.SoldAnswer")]
public sealed record SoldAnswer(
    [property: Id(0), JsonPropertyName("f")] string Request,
    [property: Id(1), JsonPropertyName("s")] int HttpStatus,
    [property: Id(2), JsonPropertyName("t")] string ContentType,
    [property: Id(3), JsonPropertyName("r")] string Receipt,
    [property: Id(4), JsonPropertyName("b")] string Body)
{
    /// <summary>Longer bodies are not kept: 64 KiB.</summary>
    public const int BodyBytesMax = 64 * 1024;

    /// <summary>How long after the payment's own end it is kept.</summary>
    public static readonly TimeSpan KeptAfterEnd = TimeSpan.FromMinutes(10);

    /// <summary>SHA-256 of the payer's identifier and of method and URL, in hexadecimal.</summary>
    public static string FingerprintOf(string identifier, string resource) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{identifier}\n{resource}")));

    internal const string Scope = "sold";

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, SoldAnswerJson.Default.SoldAnswer);

    internal static SoldAnswer Read(ReadOnlySpan<byte> stored) => JsonSerializer.Deserialize(stored, SoldAnswerJson.Default.SoldAnswer)!;
}

[JsonSerializable(typeof(SoldAnswer))]
internal sealed partial class SoldAnswerJson : JsonSerializerContext;
