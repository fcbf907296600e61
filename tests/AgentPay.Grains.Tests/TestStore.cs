using System.Collections.Concurrent;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests;

/// <summary>
/// The real store with a hand on its pen: commits can be held before they are written, or their answer held after, and a process that is killed never hears again.
/// </summary>
internal sealed class TestStore(IAtomicStore store) : IAtomicStore
{
    private readonly CancellationTokenSource killed = new();
    private readonly Lock gate = new();
    private readonly Queue<Task<CommitResult>> handedOver = [];
    private readonly Dictionary<GrainRef, int> heldBefore = [];
    private readonly Queue<Commit> late = [];
    private int releases;

    /// <summary>False hides that the store applies commits in order: messages then go only when they are durable.</summary>
    public bool AppliesInOrder { get; set; } = store.AppliesInOrder;

    /// <summary>Which commits wait before they are written.</summary>
    public Func<Commit, bool> HoldBefore { get; set; } = _ => false;

    /// <summary>Which answers wait although the commit is written.</summary>
    public Func<Commit, bool> HoldAfter { get; set; } = _ => false;

    /// <summary>Which commits fail.</summary>
    public Func<Commit, bool> Fails { get; set; } = _ => false;

    /// <summary>Which commits fail for their callers and are written at the next <see cref="Release"/>: the connection was lost, and the database went on by itself.</summary>
    public Func<Commit, bool> LandsLate { get; set; } = _ => false;

    /// <summary>Which commits fail for their callers and are written at once: the connection was lost, and the database had taken them.</summary>
    public Func<Commit, bool> LandsUntold { get; set; } = _ => false;

    /// <summary>Nothing can be read or written while this is set.</summary>
    public bool IsDown { get; set; }

    /// <summary>What happens between the two reads that load a grain with records.</summary>
    public Func<GrainRef, Task> BeforeRecords { get; set; } = _ => Task.CompletedTask;

    /// <summary>Messages are read when this is done.</summary>
    public Task MessagesReadable { get; set; } = Task.CompletedTask;

    /// <summary>What is held, in order.</summary>
    public ConcurrentQueue<TaskCompletionSource> Held { get; } = new();

    /// <summary>Some commit is held, or handed over and not answered.</summary>
    public bool HasCommitsUnderWay => !Held.IsEmpty || IsWriting;

    /// <summary>Some commit is with the database and not answered.</summary>
    public bool IsWriting
    {
        get
        {
            lock (gate)
            {
                return handedOver.Any(static commit => !commit.IsCompleted);
            }
        }
    }

    /// <summary>Everything this process had in its hands is gone. What it had handed over is written or not, by when this is done: a database ends what a dead process began.</summary>
    public async Task KillAsync()
    {
        Task<CommitResult>[] begun;
        lock (gate)
        {
            killed.Cancel();
            begun = [.. handedOver];
        }

        foreach (var commit in begun)
        {
            await commit.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Lets what is held go on, in order, and holds nothing any more.</summary>
    public void Release()
    {
        lock (gate)
        {
            HoldBefore = HoldAfter = LandsLate = LandsUntold = _ => false;
            releases++;
        }

        while (NextLate() is { } commit)
        {
            _ = HandOver(commit);
        }

        while (Held.TryDequeue(out var held))
        {
            held.SetResult();
        }
    }

    public Task<CommitResult> CommitAsync(Commit commit)
    {
        var releasesBefore = Volatile.Read(ref releases);
        if (IsDown || Fails(commit))
        {
            return IsBehindHeld(commit.Grain) ? FailBehindAsync(releasesBefore) : Failed();
        }

        if (LandsLate(commit))
        {
            lock (gate)
            {
                late.Enqueue(commit);
            }

            return Failed();
        }

        if (HoldBefore(commit) || IsBehindHeld(commit.Grain) || HandOver(commit) is not { } written)
        {
            return HeldBeforeAsync(commit, releasesBefore);
        }

        return LandsUntold(commit) ? UntoldAsync(written) : HoldAfter(commit) ? HeldAfterAsync(written, releasesBefore) : written;
    }

    public ValueTask<StoredState?> ReadAsync(GrainRef grain, CancellationToken cancellationToken) => Up().ReadAsync(grain, cancellationToken);

    public ValueTask<IReadOnlyList<StoredState?>> ReadManyAsync(IReadOnlyList<GrainRef> grains, CancellationToken cancellationToken) =>
        Up().ReadManyAsync(grains, cancellationToken);

    public ValueTask<IReadOnlyList<long>> ReadVersionsAsync(IReadOnlyList<GrainRef> grains, CancellationToken cancellationToken) =>
        Up().ReadVersionsAsync(grains, cancellationToken);

    public async ValueTask<IReadOnlyList<StoredRecord>> ReadRecordsAsync(GrainRef grain, CancellationToken cancellationToken)
    {
        await BeforeRecords(grain);
        return await Up().ReadRecordsAsync(grain, cancellationToken);
    }

    public ValueTask<Answer?> ReadAnswerAsync(string scope, string key, DateTimeOffset now, CancellationToken cancellationToken) =>
        Up().ReadAnswerAsync(scope, key, now, cancellationToken);

    public async ValueTask<IReadOnlyList<WaitingMessage>> ReadWaitingMessagesAsync(DateTimeOffset sentBefore, int countMax, CancellationToken cancellationToken)
    {
        await MessagesReadable.WaitAsync(cancellationToken);
        return await Up().ReadWaitingMessagesAsync(sentBefore, countMax, cancellationToken);
    }

    public Task RemoveMessageAsync(MessageId id, CancellationToken cancellationToken) => Up().RemoveMessageAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<DueItem>> ReadDueAsync(DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        Up().ReadDueAsync(now, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<DueItem>> TakeDueAsync(IReadOnlyList<DueItem> items, CancellationToken cancellationToken) =>
        Up().TakeDueAsync(items, cancellationToken);

    public ValueTask<DateTimeOffset?> ReadNextDueAsync(CancellationToken cancellationToken) => Up().ReadNextDueAsync(cancellationToken);

    public Task ClearDueAsync(DueItem item, CancellationToken cancellationToken) => Up().ClearDueAsync(item, cancellationToken);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(string account, long afterSequence, int countMax, CancellationToken cancellationToken) =>
        Up().ReadEventsAsync(account, afterSequence, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadObjectEventsAsync(string @object, CancellationToken cancellationToken) =>
        Up().ReadObjectEventsAsync(@object, cancellationToken);

    public ValueTask<IReadOnlyList<StoredTransfer>> ReadTransfersAsync(GrainRef grain, CancellationToken cancellationToken) => Up().ReadTransfersAsync(grain, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerTotal>> ReadLedgerTotalsAsync(CancellationToken cancellationToken) => Up().ReadLedgerTotalsAsync(cancellationToken);

    public ValueTask<Int128> ReadBalanceAsync(string account, string asset, CancellationToken cancellationToken) => Up().ReadBalanceAsync(account, asset, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IAtomicStore Up() => IsDown || killed.IsCancellationRequested ? throw new StoreUnavailableException("The store is down.") : store;

    /// <summary>Null when the process is dead.</summary>
    private Task<CommitResult>? HandOver(Commit commit)
    {
        lock (gate)
        {
            if (killed.IsCancellationRequested)
            {
                return null;
            }

            var written = store.CommitAsync(commit);
            handedOver.Enqueue(written);
            while (handedOver.TryPeek(out var first) && first.IsCompleted)
            {
                _ = handedOver.Dequeue();
            }

            return written;
        }
    }

    private static Task<CommitResult> Failed() => Task.FromException<CommitResult>(new StoreUnavailableException("The store is down."));

    private static async Task<CommitResult> UntoldAsync(Task<CommitResult> written)
    {
        await written;
        return await Failed();
    }

    private Commit? NextLate()
    {
        lock (gate)
        {
            return late.TryDequeue(out var commit) ? commit : null;
        }
    }

    private async Task<CommitResult> FailBehindAsync(int releasesBefore)
    {
        await HoldAsync(releasesBefore).ConfigureAwait(false);
        return await Failed();
    }

    /// <summary>A store writes what one grain decided in the order in which it was handed over, so what comes after a held commit waits with it.</summary>
    private bool IsBehindHeld(GrainRef grain)
    {
        lock (gate)
        {
            return heldBefore.GetValueOrDefault(grain) > 0;
        }
    }

    private async Task<CommitResult> HeldBeforeAsync(Commit commit, int releasesBefore)
    {
        lock (gate)
        {
            heldBefore[commit.Grain] = heldBefore.GetValueOrDefault(commit.Grain) + 1;
        }

        await HoldAsync(releasesBefore).ConfigureAwait(false);
        lock (gate)
        {
            heldBefore[commit.Grain]--;
        }

        return await (HandOver(commit) ?? store.CommitAsync(commit));
    }

    private async Task<CommitResult> HeldAfterAsync(Task<CommitResult> written, int releasesBefore)
    {
        var result = await written;
        await HoldAsync(releasesBefore).ConfigureAwait(false);
        return result;
    }

    /// <summary>What was to be held when everything was released in between goes on: nobody would ever release it again.</summary>
    private Task HoldAsync(int releasesBefore)
    {
        // Goes on inside Release, so that what was held is written in the order it came.
        var hold = new TaskCompletionSource();
        lock (gate)
        {
            if (releases != releasesBefore && !killed.IsCancellationRequested)
            {
                return Task.CompletedTask;
            }

            Held.Enqueue(hold);
            return hold.Task;
        }
    }
}
