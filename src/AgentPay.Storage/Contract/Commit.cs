using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Contract;

/// <summary>
/// One grain's decision, written all or nothing: the new state under its expected version, and everything the decision causes.
/// </summary>
public sealed record Commit
{
    /// <summary>Whose state this is.</summary>
    public required GrainRef Grain { get; init; }

    /// <summary>The version this decision was made on; 0 when the grain had no row. The new version is one more.</summary>
    public required long ExpectedVersion { get; init; }

    /// <summary>The new state's stored form. Consecutive versions of one grain in a batch are written once, the last.</summary>
    public required ReadOnlyMemory<byte> State { get; init; }

    /// <summary>The grain's status word, lifted onto the row for lists and operators; at most 32 characters.</summary>
    public string Status { get; init; } = "";

    /// <summary>When it was decided: the engine's clock, UTC.</summary>
    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>Ledger rows.</summary>
    public IReadOnlyList<Transfer> Transfers { get; init; } = [];

    /// <summary>Event log entries, in order.</summary>
    public IReadOnlyList<EventDraft> Events { get; init; } = [];

    /// <summary>The account of the event log; null puts the events into one of <see cref="StoreLimits.EventShards"/> hashed shards.</summary>
    public string? Account { get; init; }

    /// <summary>Facts for other grains, in their stored form.</summary>
    public IReadOnlyList<OutgoingMessage> Messages { get; init; } = [];

    /// <summary>Deadlines set, moved or cleared.</summary>
    public IReadOnlyList<DueChange> Due { get; init; } = [];

    /// <summary>Rows of the grain besides its state, written or removed.</summary>
    public IReadOnlyList<RecordChange> Records { get; init; } = [];

    /// <summary>The idempotency record of the request that asked for this decision; null when there is none.</summary>
    public Answer? Answer { get; init; }

    /// <summary>
    /// The message this decision consumes. It is removed in the same commit; when it is already gone another delivery won,
    /// and this commit loses with <see cref="CommitStatus.MessageGone"/>.
    /// </summary>
    public MessageId? Consumes { get; init; }

    /// <summary>
    /// What this process must have to itself at the moment of the commit, checked in the same transaction; a fence that another process has passed
    /// fails it with <see cref="CommitStatus.Fenced"/>. Null for none. A store for one process has no fences to check.
    /// </summary>
    public Fence? Fence { get; init; }

    /// <summary>Where this commit's outcome is kept for those who follow it; null when nobody does.</summary>
    public CommitFate? Fate { get; init; }

    /// <summary>
    /// The commit whose message this one consumes, when that was not durable yet as this one was decided. If it fails, this one loses with
    /// <see cref="CommitStatus.MessageGone"/>. Only for a store that <see cref="IAtomicStore.AppliesInOrder"/>.
    /// </summary>
    public CommitFate? Follows { get; init; }

    /// <summary>
    /// The run of decisions this one continues; a new one each time the grain read its row. Null: the store fails every commit of the grain
    /// that builds on a higher version and was handed over before the failure was told, which may hit a rival's sound commit too.
    /// </summary>
    public DecisionChain? Chain { get; init; }
}

/// <summary>A fact in its stored form.</summary>
/// <param name="Target">Who is told.</param>
/// <param name="Body">UTF-8 JSON of the fact, with its type.</param>
public sealed record OutgoingMessage(GrainRef Target, ReadOnlyMemory<byte> Body);

/// <summary>Names one message for ever: the decision that sent it, and its place in it.</summary>
/// <param name="Source">Who sent it.</param>
/// <param name="Version">The version of the source's state that sent it; unique per source.</param>
/// <param name="Index">0-based place among that decision's messages.</param>
public readonly record struct MessageId(GrainRef Source, long Version, int Index);

/// <summary>A stored message that waits for its receiver.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Target">Who is told.</param>
/// <param name="Body">UTF-8 JSON of the fact.</param>
/// <param name="SentAt">When the sending decision was made.</param>
public sealed record WaitingMessage(MessageId Id, GrainRef Target, ReadOnlyMemory<byte> Body, DateTimeOffset SentAt);

/// <summary>The stored answer to a request with an idempotency key.</summary>
/// <param name="Scope">Account, mode and route the key is unique in.</param>
/// <param name="Key">The caller's key; 1 to 255 characters.</param>
/// <param name="Fingerprint">Hash of the request; another one under the same key is a conflict.</param>
/// <param name="HttpStatus">The status that was answered.</param>
/// <param name="Body">The exact bytes that were answered.</param>
/// <param name="ExpiresAt">Kept at least until then.</param>
public sealed record Answer(string Scope, string Key, ReadOnlyMemory<byte> Fingerprint, int HttpStatus, ReadOnlyMemory<byte> Body, DateTimeOffset ExpiresAt);

/// <summary>How a commit ended.</summary>
public enum CommitStatus
{
    /// <summary>Durable.</summary>
    Committed,

    /// <summary>Nothing of it was written: the row has another version.</summary>
    VersionConflict,

    /// <summary>Nothing of it was written: the message it consumes was consumed before.</summary>
    MessageGone,

    /// <summary>Nothing of it was written: the answer's key already exists in its scope.</summary>
    AnswerExists,

    /// <summary>Nothing of it was written: an earlier commit of the same grain, on which it was decided, failed.</summary>
    EarlierCommitFailed,

    /// <summary>Nothing of it was written: the resource of its <see cref="Commit.Fence"/> has another holder since.</summary>
    Fenced,
}

/// <summary>The result of one commit.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Version">The grain's durable version after it: the new one, or on a conflict the one that was found (0 for none).</param>
public readonly record struct CommitResult(CommitStatus Status, long Version);
