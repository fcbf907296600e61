using System.Text.Json.Serialization;
using AgentPay.Domain.Books;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Journal;

/// <summary>The stored forms of settlements, signers and books.</summary>
internal static class StoredForms
{
    public static StateForm<Settlement> Settlements { get; } = new(
        StateJson.Default.Settlement, settlement => SettlementEvents.StatusWord(settlement.Status));

    public static StateForm<Signer> Signers { get; } = new(
        StateJson.Default.Signer,
        signer => signer.Synced ? "synced" : "new",
        (signer, rows) => SignerRows.Attach(signer, rows.Select(row => (row.Id, row.Body))));

    public static StateForm<Book> Books { get; } = new(
        StateJson.Default.Book, _ => "open", (book, rows) => Book.Attach(book, rows.Select(row => (row.Id, row.Body))));
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Settlement))]
[JsonSerializable(typeof(Signer))]
[JsonSerializable(typeof(Book))]
internal sealed partial class StateJson : JsonSerializerContext;
