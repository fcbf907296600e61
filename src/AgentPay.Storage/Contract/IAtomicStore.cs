using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Contract;

/// <summary>
/// Grain state and its effects in one durable commit (design, the atomic store). Every method may throw
/// <see cref="StoreUnavailableException"/>: nothing was acknowledged, the caller may ask again later.
/// </summary>
public interface IAtomicStore : IAsyncDisposable
{
    /// <summary>
    /// True when every commit is applied after all that were handed over before it, whatever their grains: what is decided on a commit that is not durable yet is then
    /// never durable without it.
    /// </summary>
    bool AppliesInOrder { get; }

    /// <summary>Reads one grain's newest durable state; null when it has none.</summary>
    ValueTask<StoredState?> ReadAsync(GrainRef grain, CancellationToken cancellationToken);

    /// <summary>
    /// Writes one decision and answers only after it is durable. Commits of one grain are applied in the order of the calls, so a grain may
    /// hand over version n+1 before n is durable; when one fails, those decided on it fail too. A conflict never fails other grains' commits.
    /// The call enqueues synchronously: order is the order in which calls are made, not awaited.
    /// </summary>
    /// <remarks>A lost reply of the database is resolved by reading back, never by guessing; until it is known the task stays open.</remarks>
    Task<CommitResult> CommitAsync(Commit commit);

    /// <summary>Which of these grains have a row, read together; in the order asked.</summary>
    ValueTask<IReadOnlyList<StoredState?>> ReadManyAsync(IReadOnlyList<GrainRef> grains, CancellationToken cancellationToken);

    /// <summary>The durable versions of these grains, read together, in the order asked; 0 for one without a row.</summary>
    ValueTask<IReadOnlyList<long>> ReadVersionsAsync(IReadOnlyList<GrainRef> grains, CancellationToken cancellationToken);

    /// <summary>The rows that belong to a grain besides its state, by id in ordinal order.</summary>
    ValueTask<IReadOnlyList<StoredRecord>> ReadRecordsAsync(GrainRef grain, CancellationToken cancellationToken);

    /// <summary>The stored answer of an idempotency key; null when there is none or it expired before <paramref name="now"/>.</summary>
    ValueTask<Answer?> ReadAnswerAsync(string scope, string key, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Messages that still wait, oldest first, sent at or before <paramref name="sentBefore"/>.</summary>
    ValueTask<IReadOnlyList<WaitingMessage>> ReadWaitingMessagesAsync(DateTimeOffset sentBefore, int countMax, CancellationToken cancellationToken);

    /// <summary>Removes a message whose receiver had nothing to change. Gone already is no error.</summary>
    Task RemoveMessageAsync(MessageId id, CancellationToken cancellationToken);

    /// <summary>Deadlines due at or before <paramref name="now"/>, earliest first. The same deadline may be handed out again until it is cleared or moved.</summary>
    ValueTask<IReadOnlyList<DueItem>> ReadDueAsync(DateTimeOffset now, int countMax, CancellationToken cancellationToken);

    /// <summary>
    /// Of these deadlines those that stand and that no process has taken: from now on this one has, for some seconds of the database's time,
    /// so that what is taken by a process that dies is free again. A deadline that is set again is free again. Any order.
    /// </summary>
    ValueTask<IReadOnlyList<DueItem>> TakeDueAsync(IReadOnlyList<DueItem> items, CancellationToken cancellationToken);

    /// <summary>The earliest deadline that stands; null when there is none. Lets a sweeper sleep until then.</summary>
    ValueTask<DateTimeOffset?> ReadNextDueAsync(CancellationToken cancellationToken);

    /// <summary>Clears a deadline whose grain had nothing to change, if it still stands at this time. Gone already is no error.</summary>
    Task ClearDueAsync(DueItem item, CancellationToken cancellationToken);

    /// <summary>Event log entries of one account after <paramref name="afterSequence"/>, in sequence, without gaps.</summary>
    ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(string account, long afterSequence, int countMax, CancellationToken cancellationToken);

    /// <summary>Events of one object in its own order.</summary>
    ValueTask<IReadOnlyList<StoredEvent>> ReadObjectEventsAsync(string @object, CancellationToken cancellationToken);

    /// <summary>Ledger rows decided by one grain, in order.</summary>
    ValueTask<IReadOnlyList<StoredTransfer>> ReadTransfersAsync(GrainRef grain, CancellationToken cancellationToken);

    /// <summary>Checks the ledger in one snapshot: per asset the sum of all postings (must be zero) and the row count.</summary>
    ValueTask<IReadOnlyList<LedgerTotal>> ReadLedgerTotalsAsync(CancellationToken cancellationToken);

    /// <summary>Balance of one ledger account in one asset: credits less debits, folded from the rows.</summary>
    ValueTask<Int128> ReadBalanceAsync(string account, string asset, CancellationToken cancellationToken);
}

/// <summary>A grain's durable state.</summary>
/// <param name="Grain">Whose.</param>
/// <param name="Version">1 for the first commit, one more for each decision.</param>
/// <param name="State">The stored form.</param>
public sealed record StoredState(GrainRef Grain, long Version, ReadOnlyMemory<byte> State);

/// <summary>A row that belongs to a grain besides its state.</summary>
/// <param name="Id">Its id within the grain.</param>
/// <param name="Body">The stored form.</param>
public sealed record StoredRecord(string Id, ReadOnlyMemory<byte> Body);

/// <summary>A deadline that is due.</summary>
/// <param name="Grain">Whose deadline.</param>
/// <param name="Id">Its id within the grain.</param>
/// <param name="At">When it was due.</param>
public sealed record DueItem(GrainRef Grain, string Id, DateTimeOffset At);

/// <summary>An entry of the event log.</summary>
/// <param name="Id"><c>evt_…</c>, time-ordered.</param>
/// <param name="Account">The account's id, or <c>shard:n</c> for work without an account.</param>
/// <param name="Sequence">Gap-free and commit-ordered per account, from 1.</param>
/// <param name="Type"><c>object.action</c>.</param>
/// <param name="Object">The object's id.</param>
/// <param name="ObjectSequence">Gap-free per object, from 1.</param>
/// <param name="Body">UTF-8 JSON.</param>
/// <param name="CreatedAt">When it was decided.</param>
public sealed record StoredEvent(string Id, string Account, long Sequence, string Type, string Object, long ObjectSequence, ReadOnlyMemory<byte> Body, DateTimeOffset CreatedAt);

/// <summary>A ledger row.</summary>
/// <param name="Grain">Who decided it.</param>
/// <param name="Version">At which version.</param>
/// <param name="Index">0-based place in that decision.</param>
/// <param name="Transfer">Both legs.</param>
/// <param name="CreatedAt">When it was decided.</param>
public sealed record StoredTransfer(GrainRef Grain, long Version, int Index, Transfer Transfer, DateTimeOffset CreatedAt);

/// <summary>One asset's check.</summary>
/// <param name="Asset">CAIP-19 name.</param>
/// <param name="PostingSum">Sum of all postings; zero unless the ledger is broken.</param>
/// <param name="Transfers">How many rows.</param>
public sealed record LedgerTotal(string Asset, Int128 PostingSum, long Transfers);

/// <summary>The store cannot answer now: the disk is full, the file is locked, the database is gone. Nothing was acknowledged.</summary>
public sealed class StoreUnavailableException : Exception
{
    /// <summary>Says why.</summary>
    public StoreUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
