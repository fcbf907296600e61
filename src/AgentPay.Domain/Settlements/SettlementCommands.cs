using System.Text.Json.Serialization;

namespace AgentPay.Domain.Settlements;

/// <summary>What can be asked of, or reported to, a settlement.</summary>
public enum SettlementVerb
{
    /// <summary>Run a handler for it.</summary>
    Admit,

    /// <summary>The handler failed.</summary>
    Release,

    /// <summary>Settle it.</summary>
    Reserve,

    /// <summary>A transaction holds it.</summary>
    Submit,

    /// <summary>The chain shows it paid.</summary>
    Confirm,

    /// <summary>Nobody can tell now.</summary>
    Doubt,

    /// <summary>The block that paid it is gone.</summary>
    Undo,

    /// <summary>Its block is deep enough.</summary>
    Deepen,

    /// <summary>It is proven that it did not and will not happen.</summary>
    Fail,

    /// <summary>Success was written to its caller.</summary>
    Answer,
}

/// <summary>A command to one settlement.</summary>
[GenerateSerializer, Immutable, Alias("agentpay.SettlementCommand")]
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(AdmitPayment), "admit")]
[JsonDerivedType(typeof(ReleasePayment), "release")]
[JsonDerivedType(typeof(ReserveSettlement), "reserve")]
[JsonDerivedType(typeof(SubmitSettlement), "submit")]
[JsonDerivedType(typeof(ConfirmSettlement), "confirm")]
[JsonDerivedType(typeof(DoubtSettlement), "doubt")]
[JsonDerivedType(typeof(UndoSettlement), "undo")]
[JsonDerivedType(typeof(DeepenSettlement), "deepen")]
[JsonDerivedType(typeof(FailSettlement), "fail")]
[JsonDerivedType(typeof(AnswerSettlement), "answer")]
public abstract record SettlementCommand
{
    /// <summary>Which command.</summary>
    [JsonIgnore]
    public abstract SettlementVerb Verb { get; }
}

/// <summary>Asks to run a seller's handler for this payment; the signature verified.</summary>
/// <param name="Terms">What was signed.</param>
/// <param name="Admission">Who asks, and for which resource.</param>
/// <param name="OthersAreGone">True where no other process can be alive on this store, so another process's admission is void.</param>
/// <param name="WasUnderWay">The chain was not asked, because the payment was under way: where that has ended, it is refused as ended, and the chain is asked first.</param>
/// <param name="Orphan">The key of an admission whose run is known to be over without having settled or freed it; null: none is.</param>
/// <param name="Gone">An admission, as it was read, whose process was then known to be gone; null: none was.</param>
[GenerateSerializer, Immutable, Alias("agentpay.AdmitPayment")]
public sealed record AdmitPayment(
    [property: Id(0)] SettlementTerms Terms, [property: Id(1)] Admission Admission, [property: Id(2)] bool OthersAreGone, [property: Id(3)] bool WasUnderWay = false,
    [property: Id(4)] string? Orphan = null, [property: Id(5)] Admission? Gone = null)
    : SettlementCommand
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override SettlementVerb Verb => SettlementVerb.Admit;
}

/// <summary>The handler failed or its caller left: the payment is free again.</summary>
/// <param name="Key">The admission's key.</param>
/// <param name="TakeOvers">How many runs it follows: a later one under the same key is not released with it. Null: whichever holds the key.</param>
[GenerateSerializer, Immutable, Alias("agentpay.ReleasePayment")]
public sealed record ReleasePayment([property: Id(0)] string Key, [property: Id(1)] int? TakeOvers = null) : SettlementCommand
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override SettlementVerb Verb => SettlementVerb.Release;
}

/// <summary>Asks to settle; the signature verified.</summary>
/// <param name="Terms">What was signed.</param>
/// <param name="IdempotencyKey">The caller's key, or the admission's; null without.</param>
/// <param name="Signer">Address of the engine's key that is to send it.</param>
/// <param name="WasUnderWay">The chain was not asked, because the payment was under way: where that has ended, it is refused as ended, and the chain is asked first.</param>
/// <param name="Run">
/// How many runs the one that asks follows (<see cref="Admission.TakeOvers"/>), where the key is an admission's: it settles only while that admission stands, since
/// nobody but the run that holds the place is answered. Null: no run.
/// </param>
[GenerateSerializer, Immutable, Alias("agentpay.ReserveSettlement")]
public sealed record ReserveSettlement(
    [property: Id(0)] SettlementTerms Terms, [property: Id(1)] string? IdempotencyKey, [property: Id(2)] string Signer, [property: Id(3)] bool WasUnderWay = false,
    [property: Id(4)] int? Run = null)
    : SettlementCommand
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override SettlementVerb Verb => SettlementVerb.Reserve;
}

/// <summary>A committed transaction holds it.</summary>
/// <param name="Transaction">Its hash.</param>
[GenerateSerializer, Immutable, Alias("agentpay.SubmitSettlement")]
public sealed record SubmitSettlement([property: Id(0)] string Transaction) : SettlementCommand
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override SettlementVerb Verb => SettlementVerb.Submit;
}

/// <summary>The chain shows AuthorizationUsed and our Transfer.</summary>
/// <param name="Transaction">The transaction that paid, ours or another's.</param>
/// <param name="Block">Its block.</param>
/// <param name="ByOther">No signer of the engine follows that block: the settlement looks after it until it is final.</param>
[GenerateSerializer, Immutable, Alias("agentpay.ConfirmSettlement")]
public sealed record ConfirmSettlement(
    [property: Id(0)] string Transaction,
    [property: Id(1)] BlockReference Block,
    [property: Id(2), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool ByOther = false) : SettlementCommand
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override SettlementVerb Verb => SettlementVerb.Confirm;
}

/// <summary>No proof either way; the engine goes on looking.</summary>
[GenerateSerializer, Immutable, Alias("agentpay.DoubtSettlement")]
public sealed record DoubtSettlement : SettlementCommand
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override SettlementVerb Verb => SettlementVerb.Doubt;
}

/// <summary>The block that paid it is no longer part of the chain.</summary>
/// <param name="Block">The lost block.</param>
[GenerateSerializer, Immutable, Alias("agentpay.UndoSettlement")]
public sealed record UndoSettlement([property: Id(0)] BlockReference Block) : SettlementCommand
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override SettlementVerb Verb => SettlementVerb.Undo;
}

/// <summary>Its block reached a depth.</summary>
/// <param name="Final">False: safe.</param>
/// <param name="Block">The block that reached it.</param>
[GenerateSerializer, Immutable, Alias("agentpay.DeepenSettlement")]
public sealed record DeepenSettlement([property: Id(0)] bool Final, [property: Id(1)] BlockReference Block) : SettlementCommand
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override SettlementVerb Verb => SettlementVerb.Deepen;
}

/// <summary>It is proven that it did not happen.</summary>
/// <param name="Code">The public code that says why.</param>
/// <param name="CostGas">The engine spent coins on it although no transaction ever held it: its payer was given gas money.</param>
[GenerateSerializer, Immutable, Alias("agentpay.FailSettlement")]
public sealed record FailSettlement(
    [property: Id(0)] string Code,
    [property: Id(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool CostGas = false) : SettlementCommand
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override SettlementVerb Verb => SettlementVerb.Fail;
}

/// <summary>Success was flushed to an open connection.</summary>
[GenerateSerializer, Immutable, Alias("agentpay.AnswerSettlement")]
public sealed record AnswerSettlement : SettlementCommand
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override SettlementVerb Verb => SettlementVerb.Answer;
}
