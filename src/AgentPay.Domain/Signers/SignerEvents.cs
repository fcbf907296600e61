using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Signers;

/// <summary>A transaction as its events show it. The object is the hash, so a transaction leads to its settlements.</summary>
public static class SignerEvents
{
    /// <summary>Type of the event that a transaction was signed and stored, before it was sent.</summary>
    public const string CommittedType = "transaction.committed";

    /// <summary>A transaction was signed and stored.</summary>
    public static EventDraft Committed(Signer signer, ulong nonce, string hash, ImmutableArray<SettlementWork> works) => Draft(
        CommittedType,
        signer,
        nonce,
        hash,
        json =>
        {
            json.WriteStartArray("settlements");
            foreach (var work in works)
            {
                json.WriteStringValue(work.Settlement);
            }

            json.WriteEndArray();
        });

    /// <summary>Type of the event that a transaction which gives a payer the gas money for its approval was signed and stored, before it was sent.</summary>
    public const string GivenType = "gas_money.given";

    /// <summary>Gas money was given.</summary>
    public static EventDraft Given(Signer signer, ulong nonce, string hash, GasGift gift) => Draft(
        GivenType,
        signer,
        nonce,
        hash,
        json =>
        {
            json.WriteString("payer", gift.Payer);
            json.WriteString("wei", gift.Wei.ToString(CultureInfo.InvariantCulture));
            json.WriteString("settlement", gift.Settlement);
            json.WriteNumber("attempt", gift.Attempt);
        });

    /// <summary>The settlements a committed transaction carries, from its event.</summary>
    public static IReadOnlyList<string> SettlementsOf(ReadOnlySpan<byte> committed)
    {
        var reader = new Utf8JsonReader(committed);
        using var body = JsonDocument.ParseValue(ref reader);
        return [.. body.RootElement.GetProperty("settlements").EnumerateArray().Select(item => item.GetString()!)];
    }

    /// <summary>What every event of a transaction says, and then what this one does.</summary>
    private static EventDraft Draft(string type, Signer signer, ulong nonce, string hash, Action<Utf8JsonWriter> writeRest)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id", hash);
            json.WriteString("object", "transaction");
            json.WriteString("network", signer.Network);
            json.WriteString("signer", signer.Address);
            json.WriteNumber("nonce", nonce);
            writeRest(json);
            json.WriteEndObject();
        }

        return new EventDraft(type, hash, buffer.WrittenSpan.ToArray());
    }
}
