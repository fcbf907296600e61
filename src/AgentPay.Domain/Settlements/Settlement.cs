using System.Text.Json.Serialization;

namespace AgentPay.Domain.Settlements;

/// <summary>One payment authorization and all that became of it. Stored; member ids are for ever.</summary>
[GenerateSerializer, Immutable, Alias("agentpay.Settlement")]
public sealed partial record Settlement
{
    /// <summary><see cref="SettlementId"/>.</summary>
    [Id(0), JsonPropertyName("id")] public required string Id { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(1), JsonPropertyName("st")] public required SettlementStatus Status { get; init; }

    /// <summary>What was signed.</summary>
    [Id(2), JsonPropertyName("terms")] public required SettlementTerms Terms { get; init; }

    /// <summary>The caller's key, stored with the reservation: who presents it again gets the same answer. Null: no key was sent.</summary>
    [Id(3), JsonPropertyName("key")] public string? IdempotencyKey { get; init; }

    /// <summary>The run of a seller's handler this payment bought; null when it came by the facilitator.</summary>
    [Id(4), JsonPropertyName("adm")] public Admission? Admission { get; init; }

    /// <summary>When it was reserved.</summary>
    [Id(5), JsonPropertyName("rat")] public DateTimeOffset? ReservedAt { get; init; }

    /// <summary>The transaction that holds it, or that paid it; null before there is one.</summary>
    [Id(6), JsonPropertyName("tx")] public string? Transaction { get; init; }

    /// <summary>The block that paid it.</summary>
    [Id(7), JsonPropertyName("blk")] public BlockReference? Block { get; init; }

    /// <summary>Why it failed: a public code; null unless failed.</summary>
    [Id(8), JsonPropertyName("err")] public string? FailureCode { get; init; }

    /// <summary>Success was written to an open connection once.</summary>
    [Id(9), JsonPropertyName("ans")] public bool Answered { get; init; }

    /// <summary>How many times it was reserved; more than one only after a proven failure.</summary>
    [Id(10), JsonPropertyName("try")] public int Attempt { get; init; }

    /// <summary>Address of the engine's key that sends it; null before it is reserved.</summary>
    [Id(11), JsonPropertyName("by")] public string? Signer { get; init; }

    /// <summary>Somebody else's transaction paid it: no signer of the engine follows its block, so the settlement does.</summary>
    [Id(12), JsonPropertyName("oth"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool PaidByOther { get; init; }

    /// <summary>The outcome is decided: paid or proven unpaid.</summary>
    [JsonIgnore]
    public bool IsDecided => IsPaid || Status == SettlementStatus.Failed;

    /// <summary>The money moved.</summary>
    [JsonIgnore]
    public bool IsPaid => Status is SettlementStatus.Confirmed or SettlementStatus.Safe or SettlementStatus.Final;
}

/// <summary>A seller's admission of one payment to its handler.</summary>
/// <param name="Key">Random; settles and answers in its name.</param>
/// <param name="Resource">Method and URL it was bought for.</param>
/// <param name="Process">The process that runs the handler.</param>
/// <param name="ExpiresAt">Another may take over after this.</param>
/// <param name="TakeOvers">How many runs this one follows that never answered.</param>
[GenerateSerializer, Immutable, Alias("agentpay.Admission")]
public sealed record Admission(
    [property: Id(0), JsonPropertyName("k")] string Key,
    [property: Id(1), JsonPropertyName("r")] string Resource,
    [property: Id(2), JsonPropertyName("p")] string Process,
    [property: Id(3), JsonPropertyName("x")] DateTimeOffset ExpiresAt,
    [property: Id(4), JsonPropertyName("o"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int TakeOvers = 0);

/// <summary>A block by height and hash.</summary>
/// <param name="Number">Height.</param>
/// <param name="Hash">0x and 64 hexadecimal digits.</param>
[GenerateSerializer, Immutable, Alias("agentpay.BlockReference")]
public sealed record BlockReference(
    [property: Id(0), JsonPropertyName("n")] ulong Number,
    [property: Id(1), JsonPropertyName("h")] string Hash);
