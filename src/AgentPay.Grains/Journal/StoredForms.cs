using System.Text.Json.Serialization;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Journal;

/// <summary>The stored forms of settlements and signers.</summary>
internal static class StoredForms
{
    public static StateForm<Settlement> Settlements { get; } = new(
        StateJson.Default.Settlement, settlement => SettlementEvents.StatusWord(settlement.Status));

    public static StateForm<Signer> Signers { get; } = new(
        StateJson.Default.Signer,
        signer => signer.Synced ? "synced" : "new",
        (signer, rows) => SignerRows.Attach(signer, rows.Select(row => (row.Id, row.Body))));
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Settlement))]
[JsonSerializable(typeof(Signer))]
internal sealed partial class StateJson : JsonSerializerContext;
