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

    /// <summary>Unmined transactions one key may have out at a time: nodes drop long queues of one account.</summary>
    public const int InFlightMax = 512;

    /// <summary>An authorization that ends sooner than this is not sent: it would be mined too late.</summary>
    public static readonly TimeSpan SendMargin = TimeSpan.FromSeconds(2);
}

/// <summary>Makes signed bytes for one nonce; pure for the same key, fees and work.</summary>
/// <param name="nonce">The account nonce.</param>
/// <param name="work">What the transaction carries.</param>
public delegate (string Raw, string Hash) SignTransaction(ulong nonce, SettlementWork work);
