using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Journal;

/// <summary>
/// The stored form of a state record: one byte that numbers the form, then UTF-8 JSON with explicit short names. A number is never reused;
/// today's code reads every number ever written (golden rows in the tests).
/// </summary>
/// <typeparam name="TState">The state record.</typeparam>
public sealed class StateForm<TState>(JsonTypeInfo<TState> form, Func<TState, string> status, Func<TState, IReadOnlyList<StoredRecord>, TState>? attach = null)
    where TState : class
{
    private const byte Json = 1;

    /// <summary>True when the state has rows besides it.</summary>
    public bool HasRecords => attach is not null;

    /// <summary>The status word lifted onto the row.</summary>
    public string StatusOf(TState state) => status(state);

    /// <summary>Writes the stored form.</summary>
    public byte[] Write(TState state)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(state, form);
        var stored = new byte[json.Length + 1];
        stored[0] = Json;
        json.CopyTo(stored.AsSpan(1));
        return stored;
    }

    /// <summary>Reads a stored form and the rows beside it.</summary>
    public TState Read(ReadOnlySpan<byte> stored, IReadOnlyList<StoredRecord> records)
    {
        Invariant.That(stored.Length > 1 && stored[0] == Json, "A row's form is one this engine knows; an older engine cannot read a newer one's rows.");
        var state = JsonSerializer.Deserialize(stored[1..], form)!;
        return attach is null ? state : attach(state, records);
    }
}
