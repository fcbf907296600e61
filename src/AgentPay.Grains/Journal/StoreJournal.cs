using AgentPay.Domain.Decisions;
using AgentPay.Grains.Messages;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Journal;

/// <summary>The journal of one activation; used on that activation's scheduler only.</summary>
internal sealed class StoreJournal<TState>(
    GrainRef grain, StateForm<TState> form, IAtomicStore store, ICommitSink sink, Surroundings surroundings, TimeProvider clock) : IJournal<TState>
    where TState : class
{
    private static readonly Task<CommitResult> Durable = Task.FromResult(new CommitResult(CommitStatus.Committed, 0));

    private Task<CommitResult> newestWrite = Durable;
    private Task? loading;
    private bool loaded;
    private Memory memory = new();
    private long version;

    /// <summary>The solitude in which the memory was known to be the row's; 0 when it may be older than that.</summary>
    private long knownIn;

    /// <summary>A write of ours was given up, its outcome unknown: it may still land behind whatever is read, until a write of ours on what was read has.</summary>
    private bool mayBePassed;

    public TState? Newest { get; private set; }

    public async Task<TState?> ReadAsync(CancellationToken cancellationToken)
    {
        var outcome = await DecideAsync(static (state, _) => Outcome<TState>.Unchanged(state), null, cancellationToken);
        return outcome.State;
    }

    public async Task<Outcome<TState>> DecideAsync(
        Func<TState?, DateTimeOffset, Outcome<TState>> decide, Consumption? consumes, CancellationToken cancellationToken)
    {
        for (var races = 0; races < Journal.DecisionsMax;)
        {
            while (!loaded)
            {
                await LoadingAsync();
            }

            cancellationToken.ThrowIfCancellationRequested();
            var now = clock.GetUtcNow();
            var (isDecided, outcome) = await TryAsync(decide, now);
            if (!isDecided)
            {
                races++;
                continue;
            }

            var (status, isRaceLost) = await CommitAsync(outcome, consumes, null, now);
            races += isRaceLost ? 1 : 0;
            switch (status)
            {
                case CommitStatus.Committed:
                    return outcome;
                case CommitStatus.MessageGone:
                    decide = static (state, _) => Outcome<TState>.Unchanged(state);
                    consumes = null;
                    break;
            }
        }

        throw RacesLost();
    }

    public async Task<Outcome<TState>?> DecideOnceAsync(Func<TState?, DateTimeOffset, (Outcome<TState> Outcome, Answer Answer)> decide)
    {
        for (var races = 0; races < Journal.DecisionsMax;)
        {
            while (!loaded)
            {
                await LoadingAsync();
            }

            var now = clock.GetUtcNow();
            var (isDecided, (outcome, answer)) = await TryAsync(decide, now);
            if (!isDecided)
            {
                races++;
                continue;
            }

            Invariant.That(outcome.IsChange, "An answer is written with a change.");
            var (status, isRaceLost) = await CommitAsync(outcome, null, answer, now);
            races += isRaceLost ? 1 : 0;
            switch (status)
            {
                case CommitStatus.Committed:
                    return outcome;
                case CommitStatus.AnswerExists:
                    return null;
            }
        }

        throw RacesLost();
    }

    /// <summary>
    /// Writes what was decided on the newest state, or waits until what it was decided on is durable, and while others may write, until the row is known
    /// to be what it was decided on. Not committed: decide again. Only a rival's win is a race lost: behind a message or an answer of ours that turned out to
    /// be known already a decision is made anew as often as it takes.
    /// </summary>
    private async Task<(CommitStatus Status, bool IsRaceLost)> CommitAsync(Outcome<TState> outcome, Consumption? consumes, Answer? answer, DateTimeOffset now)
    {
        var (decidedIn, solitude, before) = (memory, surroundings.Solitude, (Newest, version));
        if (outcome.IsChange && mayBePassed)
        {
            sink.MayFollowUnseen();
        }

        var commit = outcome.IsChange ? Remember(outcome, consumes, answer, now) : null;
        var (decidedOn, write) = (version, commit is null ? newestWrite : newestWrite = Hand(commit));
        var status = await EndOfAsync(commit, write, decidedIn, before);
        decidedIn.IsLostToRival |= status is CommitStatus.VersionConflict or CommitStatus.Fenced;
        if (status == CommitStatus.Committed)
        {
            if (commit is not null)
            {
                mayBePassed = false;
                sink.Committed(commit);
                return (status, false);
            }

            // Others may write: what was decided on memory alone leaves only when the row still was so after it was asked for.
            var isKnown = (solitude != 0 && solitude == knownIn && !mayBePassed) || await StandsAsync(decidedOn, decidedIn);
            status = isKnown ? status : CommitStatus.VersionConflict;
        }

        if (commit is null && status is (CommitStatus.MessageGone or CommitStatus.AnswerExists))
        {
            // That was said of another decision, on which this one was made.
            status = CommitStatus.EarlierCommitFailed;
        }

        return (status, status is not (CommitStatus.Committed or CommitStatus.MessageGone or CommitStatus.AnswerExists) && decidedIn.IsLostToRival);
    }

    private StoreUnavailableException RacesLost() => new($"Other processes kept deciding {grain.Type} first; ask again.");

    private Commit Remember(Outcome<TState> outcome, Consumption? consumes, Answer? answer, DateTimeOffset now)
    {
        var state = outcome.State!;
        var effects = outcome.Effects;
        var commit = new Commit
        {
            Grain = grain,
            ExpectedVersion = version,
            Chain = memory.Chain,
            State = form.Write(state),
            Status = form.StatusOf(state),
            DecidedAt = now,
            Fence = surroundings.FenceOf(grain),
            Transfers = effects.Transfers,
            Events = effects.Events,
            Account = effects.Account,
            Messages = MessageForms.Write(effects.Messages),
            Records = effects.Records,
            Due = effects.Due,
            Consumes = consumes?.Id,
            Follows = consumes?.Said,
            Fate = store.AppliesInOrder && effects.Messages.Length > 0 ? new CommitFate() : null,
            Answer = answer,
        };
        version++;
        Newest = state;
        return commit;
    }

    private async Task<CommitResult> WriteAsync(Task<CommitResult> write, Memory decidedIn, (TState? State, long Version)? before = null)
    {
        CommitStatus? status = null;
        try
        {
            var result = await write;
            status = result.Status;
            return result;
        }
        finally
        {
            mayBePassed |= status is null;
            if (status != CommitStatus.Committed && memory == decidedIn)
            {
                Forget();
                if (status == CommitStatus.AnswerExists && before is { } row)
                {
                    // The store compares versions first: the row is still what this was decided on, so it need not be read again.
                    (Newest, version, loaded) = (row.State, row.Version, true);
                }
            }
        }
    }

    /// <summary>How what was decided on ended, or the commit that was decided; one that is not written is told of.</summary>
    private async Task<CommitStatus> EndOfAsync(Commit? commit, Task<CommitResult> write, Memory decidedIn, (TState? State, long Version) before)
    {
        var status = CommitStatus.EarlierCommitFailed;
        try
        {
            return status = (await WriteAsync(write, decidedIn, before)).Status;
        }
        finally
        {
            if (commit is not null && status != CommitStatus.Committed)
            {
                sink.Dropped(commit);
            }
        }
    }

    /// <summary>
    /// What is decided on the newest state; false when that looked impossible and the row says something else: decide again. After a write that landed although
    /// it had been given up, what others rightly say of it looks impossible to a memory from before; it is a defect only where the row says the same.
    /// </summary>
    private async ValueTask<(bool IsDecided, TDecision Decision)> TryAsync<TDecision>(Func<TState?, DateTimeOffset, TDecision> decide, DateTimeOffset now)
    {
        try
        {
            return (true, decide(Newest, now));
        }
        catch (InvariantBrokenException)
        {
            if (await IsNewestAsync())
            {
                throw;
            }

            return (false, default!);
        }
    }

    /// <summary>Whether what is remembered is what the row says.</summary>
    private async Task<bool> IsNewestAsync()
    {
        var (decidedIn, decidedOn) = (memory, version);
        return (await WriteAsync(newestWrite, decidedIn)).Status == CommitStatus.Committed && await StandsAsync(decidedOn, decidedIn);
    }

    private async Task<bool> StandsAsync(long decidedOn, Memory decidedIn)
    {
        var solitude = surroundings.Solitude;
        var durable = await surroundings.ReadVersionAsync(grain);
        if (memory != decidedIn)
        {
            return durable == decidedOn;
        }

        if (durable == decidedOn)
        {
            knownIn = Math.Max(knownIn, solitude);
            return true;
        }

        // Newer by our own decisions, once these turn out to be durable; else a rival's.
        if (durable > decidedOn && durable <= version)
        {
            return (await WriteAsync(newestWrite, decidedIn)).Status == CommitStatus.Committed;
        }

        decidedIn.IsLostToRival = true;
        Forget();
        return false;
    }

    /// <summary>What was decided and not written never happened: the next decision starts from the row.</summary>
    private void Forget()
    {
        memory = new Memory();
        loaded = false;
        loading = null;
        Newest = null;
        version = 0;
        newestWrite = Durable;
        knownIn = 0;
    }

    private Task<CommitResult> Hand(Commit commit)
    {
        var write = Write(commit);
        sink.Handed(commit, write);
        return write;
    }

    /// <summary>A commit the store refuses at once fails like one it refuses later: the memory that holds it must go.</summary>
    private Task<CommitResult> Write(Commit commit)
    {
        try
        {
            return store.CommitAsync(commit);
        }
        catch (Exception e)
        {
            return Task.FromException<CommitResult>(e);
        }
    }

    /// <summary>One load at a time; one that failed, even before it first waited, is not kept.</summary>
    private Task LoadingAsync()
    {
        if (loading is null or { IsCompleted: true })
        {
            loading = LoadAsync();
        }

        return loading;
    }

    /// <summary>State and records are two reads: a commit between them, another process's or one that was given up here, would tear them apart.</summary>
    private async Task<(StoredState? Row, IReadOnlyList<StoredRecord> Records)> ReadRowAsync()
    {
        while (true)
        {
            var row = await store.ReadAsync(grain, CancellationToken.None);
            if (row is null || !form.HasRecords)
            {
                return (row, []);
            }

            var records = await store.ReadRecordsAsync(grain, CancellationToken.None);
            if ((await store.ReadVersionsAsync([grain], CancellationToken.None))[0] == row.Version)
            {
                return (row, records);
            }
        }
    }

    private async Task LoadAsync()
    {
        var (loadedIn, solitude) = (memory, surroundings.Solitude);
        var (row, records) = await ReadRowAsync();
        if (memory == loadedIn)
        {
            Newest = row is null ? null : form.Read(row.State.Span, records);
            version = row?.Version ?? 0;
            knownIn = solitude;
            loaded = true;
        }
    }

    /// <summary>What was decided from one reading of the row on.</summary>
    private sealed class Memory
    {
        public DecisionChain Chain { get; } = new();

        /// <summary>Another process wrote the row, or holds what it takes to write it.</summary>
        public bool IsLostToRival { get; set; }
    }
}
