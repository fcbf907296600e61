using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using AgentPay.Api.Problems;
using AgentPay.Domain.Books;

namespace AgentPay.Api.Books;

/// <summary>
/// Reads transfers from JSON in one pass. Strict: no member that is not known, none twice, no comment, no trailing comma, amounts as decimal text.
/// </summary>
internal ref struct TransferReader
{
    private const int DepthMax = 4;
    private const int ReferenceCharactersMax = 140;

    private Utf8JsonReader json;
    private int place;

    public TransferReader(ReadOnlySpan<byte> body)
    {
        json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = DepthMax });
        place = -1;
    }

    /// <summary>What is wrong; null when all was read.</summary>
    public Problem? Problem { get; private set; }

    /// <summary>Reads the whole body; null when something is wrong.</summary>
    public TransferRequest? Read()
    {
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                return Fail<TransferRequest>(Shape("The body is not an object.", ""));
            }

            json.Read();
            var request = json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("transfers"u8) ? ReadBatch() : ReadSingle();
            return request is not null && json.Read() ? Fail<TransferRequest>(Shape("Nothing follows the object.", "")) : request;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: text that is no UTF-8, or half of a surrogate pair.
            return Fail<TransferRequest>(Shape("Not one JSON value without comments or trailing commas.", Pointer("")));
        }
    }

    private TransferRequest? ReadSingle() => ReadOrder() is { } order ? new TransferRequest([order], IsBatch: false) : null;

    private TransferRequest? ReadBatch()
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            return Fail<TransferRequest>(Shape("transfers is a list.", "/transfers"));
        }

        var orders = ImmutableArray.CreateBuilder<TransferOrder>();
        for (json.Read(); json.TokenType != JsonTokenType.EndArray; json.Read())
        {
            if (orders.Count == BookTransfers.OrdersMax)
            {
                return Fail<TransferRequest>(Catalogue.TooManyTransfers(BookTransfers.OrdersMax));
            }

            place = orders.Count;
            if (json.TokenType != JsonTokenType.StartObject)
            {
                return Fail<TransferRequest>(Shape("A transfer is an object.", Pointer("")));
            }

            json.Read();
            if (ReadOrder() is not { } order)
            {
                return null;
            }

            orders.Add(order);
        }

        json.Read();
        return orders.Count == 0 ? Fail<TransferRequest>(Shape("There is no transfer in the list.", "/transfers"))
            : json.TokenType != JsonTokenType.EndObject ? Fail<TransferRequest>(Shape("Nothing stands beside transfers.", ""))
            : new TransferRequest(orders.ToImmutable(), IsBatch: true);
    }

    /// <summary>Reads members up to the end of the object; the first one, or the end, is already read.</summary>
    private TransferOrder? ReadOrder()
    {
        string? from = null, to = null, asset = null, reference = null;
        UInt128 atoms = 0;
        for (; json.TokenType == JsonTokenType.PropertyName; json.Read())
        {
            var read = json.ValueTextEquals("from"u8) ? from is null && (from = ReadAccount("/from")) is not null
                : json.ValueTextEquals("to"u8) ? to is null && (to = ReadAccount("/to")) is not null
                : json.ValueTextEquals("asset"u8) ? asset is null && (asset = ReadAsset()) is not null
                : json.ValueTextEquals("amount"u8) ? atoms == 0 && (atoms = ReadAmount()) > 0
                : json.ValueTextEquals("reference"u8) && reference is null && (reference = ReadReference()) is not null;
            if (!read)
            {
                Problem ??= Shape("There is no such member, or it comes twice.", Pointer("/" + (json.TokenType == JsonTokenType.PropertyName ? json.GetString() : "")));
                return null;
            }
        }

        var missing = from is null ? "/from" : to is null ? "/to" : asset is null ? "/asset" : atoms == 0 ? "/amount" : null;
        return missing is null ? new TransferOrder(from!, to!, asset!, atoms, reference) : Fail<TransferOrder>(Shape("A member is missing.", Pointer(missing)));
    }

    private string? ReadAccount(string member)
    {
        json.Read();
        return json.TokenType == JsonTokenType.String && json.ValueSpan.Length <= BookAccounts.CharactersMax && json.GetString() is { } name && BookAccounts.IsAccount(name)
            ? name
            : Fail<string>(Catalogue.InvalidAccount(Pointer(member)));
    }

    private string? ReadAsset()
    {
        json.Read();
        return json.TokenType == JsonTokenType.String && json.ValueSpan.Length is > 0 and <= 64
            ? json.GetString()
            : Fail<string>(Shape("An asset is text of the form book:CODE.", Pointer("/asset")));
    }

    /// <summary>1 to 2^127-1 as decimal text without sign, leading zero, point, exponent or escape; 0 when it is not.</summary>
    private UInt128 ReadAmount()
    {
        json.Read();
        UInt128 atoms = 0;
        var isAmount = json.TokenType == JsonTokenType.String && json.ValueSpan is { Length: >= 1 and <= 39 } and [>= (byte)'1' and <= (byte)'9', ..]
            && UInt128.TryParse(json.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out atoms) && atoms <= (UInt128)Int128.MaxValue;
        Problem = isAmount ? Problem : Catalogue.InvalidAmount(Pointer("/amount"));
        return isAmount ? atoms : 0;
    }

    private string? ReadReference()
    {
        json.Read();
        var text = json.TokenType == JsonTokenType.String ? json.GetString() : null;
        return text is { Length: <= ReferenceCharactersMax } && !text.Any(char.IsControl)
            ? text
            : Fail<string>(Shape($"A reference is text of at most {ReferenceCharactersMax} characters, none of them a control character.", Pointer("/reference")));
    }

    private TResult? Fail<TResult>(Problem problem)
        where TResult : class
    {
        Problem = problem;
        return null;
    }

    private static Problem Shape(string detail, string pointer) => Catalogue.InvalidPayload(detail, pointer);

    private readonly string Pointer(string member) => place < 0 ? member : string.Create(CultureInfo.InvariantCulture, $"/transfers/{place}{member}");
}
