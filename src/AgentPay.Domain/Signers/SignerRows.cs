using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Signers;

/// <summary>The rows stored beside a signer's state: <c>t:…</c> a transaction by nonce, <c>w:…</c> waiting work by ticket.</summary>
public static class SignerRows
{
    /// <summary>Row id of a transaction; ordinal order is nonce order.</summary>
    public static string TransactionId(ulong nonce) => string.Create(CultureInfo.InvariantCulture, $"t:{nonce:D20}");

    /// <summary>Row id of waiting work; ordinal order is order of arrival.</summary>
    public static string WaitingId(long ticket) => string.Create(CultureInfo.InvariantCulture, $"w:{ticket:D20}");

    /// <summary>Puts a signer together again from its state and its rows.</summary>
    public static Signer Attach(Signer signer, IEnumerable<(string Id, ReadOnlyMemory<byte> Body)> rows)
    {
        var transactions = ImmutableSortedDictionary.CreateBuilder<ulong, SignerTransaction>();
        var waiting = ImmutableSortedDictionary.CreateBuilder<long, SettlementWork>();
        foreach (var (id, body) in rows)
        {
            if (id.StartsWith("t:", StringComparison.Ordinal))
            {
                var transaction = JsonSerializer.Deserialize(body.Span, SignerForms.Default.SignerTransaction)!;
                transactions.Add(transaction.Nonce, transaction);
            }
            else
            {
                Invariant.That(id.StartsWith("w:", StringComparison.Ordinal), "A signer's rows are transactions and waiting work.");
                waiting.Add(long.Parse(id.AsSpan(2), CultureInfo.InvariantCulture), JsonSerializer.Deserialize(body.Span, SignerForms.Default.SettlementWork)!);
            }
        }

        return signer with
        {
            Transactions = transactions.ToImmutable(),
            Waiting = waiting.ToImmutable(),
            InFlight = transactions.Values.Count(transaction => transaction.Block is null),
        };
    }

    internal static RecordChange Change(string id, object? row) => new(id, row switch
    {
        SignerTransaction transaction => JsonSerializer.SerializeToUtf8Bytes(transaction, SignerForms.Default.SignerTransaction),
        SettlementWork work => JsonSerializer.SerializeToUtf8Bytes(work, SignerForms.Default.SettlementWork),
        _ => (ReadOnlyMemory<byte>?)null,
    });

    internal static bool HasRow(this Signer signer, string id) => id[0] == 't'
        ? signer.Transactions.ContainsKey(ulong.Parse(id.AsSpan(2), CultureInfo.InvariantCulture))
        : signer.Waiting.ContainsKey(long.Parse(id.AsSpan(2), CultureInfo.InvariantCulture));
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SignerTransaction))]
[JsonSerializable(typeof(SettlementWork))]
internal sealed partial class SignerForms : JsonSerializerContext;
