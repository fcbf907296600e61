using System.Globalization;
using System.Text.Json;
using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Settlements;

/// <summary>A settlement as its events show it.</summary>
public static class SettlementEvents
{
    /// <summary>An event about a settlement.</summary>
    public static EventDraft Draft(string type, Settlement settlement) => new(type, settlement.Id, Body(settlement));

    private static byte[] Body(Settlement settlement)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id", settlement.Id);
            json.WriteString("object", "settlement");
            json.WriteString("status", StatusWord(settlement.Status));
            json.WriteString("network", settlement.Terms.Network);
            json.WriteString("asset", settlement.Terms.Asset);
            json.WriteString("amount", settlement.Terms.Atoms.ToString(CultureInfo.InvariantCulture));
            json.WriteString("payer", settlement.Terms.Payer);
            json.WriteString("pay_to", settlement.Terms.PayTo);
            json.WriteString("transaction", settlement.Transaction);
            if (settlement.Block is { } block)
            {
                json.WriteNumber("block_number", block.Number);
                json.WriteString("block_hash", block.Hash);
            }

            if (settlement.FailureCode is { } code)
            {
                json.WriteString("failure_code", code);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The status as the API writes it.</summary>
    public static string StatusWord(SettlementStatus status) => status switch
    {
        SettlementStatus.Admitted => "admitted",
        SettlementStatus.Released => "released",
        SettlementStatus.Reserved => "reserved",
        SettlementStatus.Submitted => "submitted",
        SettlementStatus.Unknown => "unknown",
        SettlementStatus.Confirmed => "confirmed",
        SettlementStatus.Safe => "safe",
        SettlementStatus.Final => "final",
        SettlementStatus.Failed => "failed",
    };
}
