using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Tests.Memory;

/// <summary>
/// The atomic store in memory, without a thread, a clock or chance of its own: commits are applied in the order of the calls, and how long they, their answers and
/// all reads take is drawn by its pace.
/// </summary>
/// <param name="rows">What it holds.</param>
/// <param name="pace">How long everything takes.</param>
/// <param name="appliesInOrder">False hides that it applies commits in order.</param>
internal sealed class MemoryAtomicStore(MemoryRows rows, Pace pace, bool appliesInOrder = true) : IAtomicStore
{
    private readonly Lock _gate = new();
    private readonly Queue<Write> _waiting = [];
    private readonly FailedDecisions _failed = new();
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private bool _isClosed;
    private long _tickets;

    public bool AppliesInOrder => appliesInOrder;

    /// <summary>Whether the next batch fails, as on a full disk: nothing of it is written.</summary>
    public Func<bool> FailsBatch { get; set; } = static () => false;

    /// <summary>Hears of each commit that is handed over.</summary>
    public Action<Commit> Handed { get; init; } = static _ => { };

    /// <summary>Hears how each commit ended, just before whoever handed it over; null: its batch failed.</summary>
    public Action<Commit, CommitResult?> Ended { get; init; } = static (_, _) => { };

    public Task<CommitResult> CommitAsync(Commit commit)
    {
        CommitRules.Check(commit);
        Handed(commit);
        return AddAsync(commit, ticket => rows.Apply(commit, _failed, ticket));
    }

    public Task RemoveMessageAsync(MessageId id, CancellationToken cancellationToken) => WriteAsync(() => rows.Remove(id), cancellationToken);

    public Task ClearDueAsync(DueItem item, CancellationToken cancellationToken) => WriteAsync(() => rows.Clear(item), cancellationToken);

    public ValueTask<StoredState?> ReadAsync(GrainRef grain, CancellationToken cancellationToken) => ReadAsync(() => rows.Read(grain), cancellationToken);

    public ValueTask<IReadOnlyList<StoredState?>> ReadManyAsync(IReadOnlyList<GrainRef> grains, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<StoredState?>>(() => [.. grains.Select(rows.Read)], cancellationToken);

    public ValueTask<IReadOnlyList<long>> ReadVersionsAsync(IReadOnlyList<GrainRef> grains, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<long>>(() => [.. grains.Select(grain => rows.Read(grain)?.Version ?? 0)], cancellationToken);

    public ValueTask<IReadOnlyList<StoredRecord>> ReadRecordsAsync(GrainRef grain, CancellationToken cancellationToken) =>
        ReadAsync(() => rows.ReadRecords(grain), cancellationToken);

    public ValueTask<Answer?> ReadAnswerAsync(string scope, string key, DateTimeOffset now, CancellationToken cancellationToken) =>
        ReadAsync(() => rows.ReadAnswer(scope, key, now), cancellationToken);

    public ValueTask<IReadOnlyList<WaitingMessage>> ReadWaitingMessagesAsync(DateTimeOffset sentBefore, int countMax, CancellationToken cancellationToken) =>
        ReadAsync(() => rows.ReadMessages(sentBefore, countMax), cancellationToken);

    public ValueTask<IReadOnlyList<DueItem>> ReadDueAsync(DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        ReadAsync(() => rows.ReadDue(now, countMax), cancellationToken);

    public ValueTask<IReadOnlyList<DueItem>> TakeDueAsync(IReadOnlyList<DueItem> items, CancellationToken cancellationToken) => ValueTask.FromResult(items);

    public ValueTask<DateTimeOffset?> ReadNextDueAsync(CancellationToken cancellationToken) => ReadAsync(rows.ReadNextDue, cancellationToken);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(string account, long afterSequence, int countMax, CancellationToken cancellationToken) =>
        ReadAsync(() => rows.ReadEvents(account, afterSequence, countMax), cancellationToken);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadObjectEventsAsync(string @object, CancellationToken cancellationToken) =>
        ReadAsync(() => rows.ReadObjectEvents(@object), cancellationToken);

    public ValueTask<IReadOnlyList<StoredTransfer>> ReadTransfersAsync(GrainRef grain, CancellationToken cancellationToken) =>
        ReadAsync(() => rows.ReadTransfers(grain), cancellationToken);

    public ValueTask<IReadOnlyList<LedgerTotal>> ReadLedgerTotalsAsync(CancellationToken cancellationToken) => ReadAsync(rows.ReadTotals, cancellationToken);

    public ValueTask<Int128> ReadBalanceAsync(string account, string asset, CancellationToken cancellationToken) =>
        ReadAsync(() => rows.ReadBalance(account, asset), cancellationToken);

    /// <summary>Writes what was handed over, then takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        Task left;
        lock (_gate)
        {
            _isClosed = true;
            left = _writing;
        }

        await left;
    }

    private async ValueTask<T> ReadAsync<T>(Func<T> read, CancellationToken cancellationToken)
    {
        await pace.WaitAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        T found;
        lock (_gate)
        {
            ThrowIfClosed();
            found = read();
        }

        await pace.WaitAsync().ConfigureAwait(false);
        return found;
    }

    private Task WriteAsync(Action write, CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested
        ? Task.FromCanceled(cancellationToken)
        : AddAsync(
            commit: null,
            _ =>
            {
                write();
                return default;
            });

    private Task<CommitResult> AddAsync(Commit? commit, Func<long, CommitResult> apply)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            var write = new Write(++_tickets, commit, apply);
            _waiting.Enqueue(write);
            if (!_isWriting)
            {
                _isWriting = true;
                _writing = WriteAllAsync();
            }

            return write.Told.Task;
        }
    }

    /// <summary>A batch, its answers, and again, until nothing waits.</summary>
    private async Task WriteAllAsync()
    {
        var batch = new List<(Write Write, CommitResult? Result)>();
        while (true)
        {
            await pace.WaitAsync(turnsMin: 1).ConfigureAwait(false);
            Apply(batch);
            await pace.WaitAsync().ConfigureAwait(false);
            foreach (var (write, result) in batch)
            {
                Tell(write, result);
            }

            lock (_gate)
            {
                _failed.Told(_tickets);
                _failed.Forget(batch[^1].Write.Ticket);
                if (_waiting.Count == 0)
                {
                    _isWriting = false;
                    return;
                }
            }
        }
    }

    private void Apply(List<(Write Write, CommitResult? Result)> batch)
    {
        lock (_gate)
        {
            batch.Clear();
            var fails = FailsBatch();
            while (batch.Count < StoreLimits.BatchCommitsMax && _waiting.TryDequeue(out var write))
            {
                batch.Add((write, fails ? null : write.Apply(write.Ticket)));
            }
        }
    }

    private void Tell(Write write, CommitResult? result)
    {
        if (write.Commit is { } commit)
        {
            Ended(commit, result);
        }

        if (result is { } known)
        {
            write.Told.SetResult(known);
            return;
        }

        if (write.Commit is { } failed)
        {
            Fail(failed);
        }

        write.Told.SetException(new StoreUnavailableException("The store could not write."));
    }

    private void Fail(Commit commit)
    {
        commit.Chain?.Break();
        commit.Fate?.Decide(isApplied: false);
        if (commit.Chain is null)
        {
            lock (_gate)
            {
                _failed.Add(commit.Grain, commit.ExpectedVersion);
            }
        }
    }

    private void ThrowIfClosed()
    {
        if (_isClosed)
        {
            throw new StoreUnavailableException("The store is closed.");
        }
    }

    private sealed record Write(long Ticket, Commit? Commit, Func<long, CommitResult> Apply)
    {
        public TaskCompletionSource<CommitResult> Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
