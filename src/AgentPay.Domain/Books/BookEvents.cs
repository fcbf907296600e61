using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Books;

/// <summary>A request's transfers as its event shows them, and as they are looked up by id.</summary>
public static class BookEvents
{
    /// <summary>A transfer that was sent alone was booked.</summary>
    public const string BookedType = "transfer.booked";

    /// <summary>A list of transfers was judged and at least one booked.</summary>
    public const string BatchBookedType = "transfer_batch.booked";

    private const int OrderBytes = 160;

    internal static EventDraft Booked(BookTransfers command, ImmutableArray<RefusedTransfer> refused)
    {
        var buffer = new ArrayBufferWriter<byte>(OrderBytes + (command.IsBatch ? command.Orders.Length * OrderBytes : 0));
        using (var json = new Utf8JsonWriter(buffer))
        {
            if (!command.IsBatch)
            {
                WriteOrder(json, command.Id, command.Orders[0], command.RequestId);
            }
            else
            {
                WriteBatch(json, command, refused);
            }
        }

        return new EventDraft(command.IsBatch ? BatchBookedType : BookedType, command.Id, buffer.WrittenMemory);
    }

    /// <summary>The transfer of this id, if an event of its request holds it.</summary>
    public static TransferOrder? Find(string type, ReadOnlyMemory<byte> body, TransferId id)
    {
        if (type != (id.Place is null ? BookedType : BatchBookedType))
        {
            return null;
        }

        using var json = JsonDocument.Parse(body);
        if (id.Place is null)
        {
            return ReadOrder(json.RootElement);
        }

        var name = id.ToString();
        foreach (var transfer in json.RootElement.GetProperty("transfers").EnumerateArray())
        {
            if (transfer.GetProperty("id").ValueEquals(name))
            {
                return ReadOrder(transfer);
            }
        }

        return null;
    }

    private static void WriteBatch(Utf8JsonWriter json, BookTransfers command, ImmutableArray<RefusedTransfer> refused)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, command.Id);
        json.WriteString("object"u8, "transfer_batch"u8);
        json.WriteString("request_id"u8, command.RequestId);
        json.WriteNumber("booked"u8, command.Orders.Length - refused.Length);
        json.WriteNumber("refused"u8, refused.Length);
        json.WriteStartArray("transfers"u8);
        var nextNo = 0;
        for (var place = 0; place < command.Orders.Length; place++)
        {
            if (nextNo < refused.Length && refused[nextNo].Place == place)
            {
                nextNo++;
                continue;
            }

            WriteOrder(json, new TransferId(command.Id, place).ToString(), command.Orders[place], null);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOrder(Utf8JsonWriter json, string id, TransferOrder order, string? requestId)
    {
        Span<byte> atoms = stackalloc byte[40];
        Invariant.That(order.Atoms.TryFormat(atoms, out var digits, provider: CultureInfo.InvariantCulture), "An amount has at most 39 digits.");
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, "transfer"u8);
        json.WriteString("from"u8, order.From);
        json.WriteString("to"u8, order.To);
        json.WriteString("asset"u8, order.Asset);
        json.WriteString("amount"u8, atoms[..digits]);
        if (order.Reference is not null)
        {
            json.WriteString("reference"u8, order.Reference);
        }

        if (requestId is not null)
        {
            json.WriteString("request_id"u8, requestId);
        }

        json.WriteEndObject();
    }

    private static TransferOrder ReadOrder(JsonElement json) => new(
        json.GetProperty("from").GetString()!,
        json.GetProperty("to").GetString()!,
        json.GetProperty("asset").GetString()!,
        UInt128.Parse(json.GetProperty("amount").GetString()!, NumberStyles.None, CultureInfo.InvariantCulture),
        json.TryGetProperty("reference", out var reference) ? reference.GetString() : null);
}
