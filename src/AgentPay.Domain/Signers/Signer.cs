using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace AgentPay.Domain.Signers;

/// <summary>
/// One of the engine's gas-paying keys: hands out its nonces in order and remembers each transaction until it is final.
/// Its rows (transactions, waiting work) are stored beside it, so that a commit rewrites only what changed.
/// </summary>
[GenerateSerializer, Immutable, Alias("agentpay.Signer")]
public sealed partial record Signer
{
    /// <summary>CAIP-2 network.</summary>
    [Id(0), JsonPropertyName("net")] public required string Network { get; init; }

    /// <summary>The key's address, lower case with 0x.</summary>
    [Id(1), JsonPropertyName("adr")] public required string Address { get; init; }

    /// <summary>The next unused nonce; meaningless until <see cref="Synced"/>.</summary>
    [Id(2), JsonPropertyName("nxt")] public ulong NextNonce { get; init; }

    /// <summary>The chain told its nonce once.</summary>
    [Id(3), JsonPropertyName("syn")] public bool Synced { get; init; }

    /// <summary>Number of the next work that has to wait.</summary>
    [Id(4), JsonPropertyName("tkt")] public long NextTicket { get; init; }

    /// <summary>Transactions that are not final, by nonce.</summary>
    [Id(5), JsonIgnore] public ImmutableSortedDictionary<ulong, SignerTransaction> Transactions { get; init; } = ImmutableSortedDictionary<ulong, SignerTransaction>.Empty;

    /// <summary>Work without a transaction, in order of arrival.</summary>
    [Id(6), JsonIgnore] public ImmutableSortedDictionary<long, SettlementWork> Waiting { get; init; } = ImmutableSortedDictionary<long, SettlementWork>.Empty;

    /// <summary>How many of <see cref="Transactions"/> are not mined.</summary>
    [Id(7), JsonIgnore] public int InFlight { get; init; }

    /// <summary>The UTC day, counted from 1970, on which <see cref="GasToday"/> was signed.</summary>
    [Id(8), JsonPropertyName("gd"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public int GasDay { get; init; }

    /// <summary>Sum of the gas limits of that day's transactions.</summary>
    [Id(9), JsonPropertyName("gt"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public ulong GasToday { get; init; }

    /// <summary>Around the nonces of somebody else's transactions that are not final: while they wait, or their block is lost, they may have to be used up. Null: none.</summary>
    [Id(10), JsonPropertyName("fn")] public NonceRange? Foreign { get; init; }

    /// <summary>How often a nonce got another form; whoever keeps an index of hashes looks again when it changes.</summary>
    [Id(11), JsonPropertyName("rw"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public int Rewrites { get; init; }

    /// <summary>What has a lower nonce was told that its block is safe; lowered when such a block is lost.</summary>
    [Id(12), JsonPropertyName("sf"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public ulong SafeTo { get; init; }

    /// <summary>The UTC day, counted from 1970, on which <see cref="GasMoneyToday"/> was given.</summary>
    [Id(13), JsonPropertyName("md"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public int GasMoneyDay { get; init; }

    /// <summary>Wei that this day's transactions give to payers who lacked the gas for their approvals, and what those transactions cost at most.</summary>
    [Id(14), JsonPropertyName("mt"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public UInt128 GasMoneyToday { get; init; }

    /// <summary>True when something waits and not even the least of it fits below the day's ceiling: it goes on at the next UTC day.</summary>
    public bool IsOutOfGas(SendingLimits limits, DateTimeOffset now) =>
        Waiting.Values.Any(static work => !work.IsHeld) && GasLeft(limits, now) is var left && Waiting.Values.All(work => work.IsHeld || work.Terms.GasLimit > left);

    /// <summary>Gas that may still be signed for on this UTC day. A clock that goes back begins no day again.</summary>
    public ulong GasLeft(SendingLimits limits, DateTimeOffset now)
    {
        var spent = GasDay >= DayOf(now) ? GasToday : 0;
        return limits.GasPerDayMax == 0 ? ulong.MaxValue : limits.GasPerDayMax > spent ? limits.GasPerDayMax - spent : 0;
    }

    /// <summary>The UTC day, counted from 1970.</summary>
    public static int DayOf(DateTimeOffset now) => (int)(now.ToUnixTimeSeconds() / 86_400);

    /// <summary>An authorization that ends sooner than this is not sent: it would be mined too late.</summary>
    public static readonly TimeSpan SendMargin = TimeSpan.FromSeconds(2);
}

/// <summary>Nonces in a row.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The one after the last.</param>
[GenerateSerializer, Immutable, Alias("agentpay.NonceRange")]
public sealed record NonceRange([property: Id(0), JsonPropertyName("f")] ulong From, [property: Id(1), JsonPropertyName("t")] ulong To);
