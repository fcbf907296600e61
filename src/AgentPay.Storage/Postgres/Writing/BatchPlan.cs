using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// What one transaction is to write, and who of its commits wins. Without facts the plan assumes what is nearly always so: the first commit of
/// a grain knows its row's version, a message waits, an answer's key is free. Carrying it out verifies each assumption; one that fails
/// undoes the transaction, and the batch is planned again on facts.
/// </summary>
internal sealed class BatchPlan(FailedDecisions failed, BatchFacts? facts)
{
    private readonly Dictionary<GrainRef, PlannedGrain> _grains = [];
    private readonly HashSet<DecisionChain> _broken = [];
    private readonly FailedDecisions _failedHere = new();
    private readonly List<Commit> _lost = [];
    private readonly Dictionary<MessageId, PlannedMessage> _sent = [];
    private readonly Dictionary<string, PlannedHead> _logs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PlannedHead> _objects = new(StringComparer.Ordinal);

    /// <summary>True when the assumptions cannot answer every commit: a loser is told the version of its row.</summary>
    internal bool NeedsFacts { get; private set; }

    internal int Losers => _lost.Count;

    internal IEnumerable<PlannedGrain> Grains => _grains.Values.Where(grain => grain.Newest is not null);

    internal IEnumerable<PlannedHead> Logs => _logs.Values;

    internal IEnumerable<PlannedHead> Objects => _objects.Values;

    internal IEnumerable<PlannedMessage> Messages => _sent.Values;

    internal List<PlannedEvent> Events { get; } = [];

    internal List<PlannedTransfer> Transfers { get; } = [];

    /// <summary>What this process must have to itself.</summary>
    internal HashSet<Fence> Fences { get; } = [];

    /// <summary>Messages to remove; those with true must be there.</summary>
    internal Dictionary<MessageId, bool> Removed { get; } = [];

    internal Dictionary<(string Scope, string Key), PlannedAnswer> Answers { get; } = [];

    internal Dictionary<(GrainRef Grain, string Id), DateTimeOffset?> Due { get; } = [];

    internal HashSet<DueItem> ClearedDue { get; } = [];

    internal Dictionary<(GrainRef Grain, string Id), ReadOnlyMemory<byte>?> Records { get; } = [];

    internal Dictionary<(GrainRef Grain, string Name), StoredReminder?> Reminders { get; } = [];

    /// <summary>The batch is carried out even if it writes nothing, to see whether it could.</summary>
    internal bool Probes { get; set; }

    internal bool IsEmpty => !Probes && Events.Count == 0 && Removed.Count == 0 && Due.Count == 0 && ClearedDue.Count == 0 && Reminders.Count == 0
        && _grains.Values.All(grain => grain.Newest is null);

    internal CommitResult Add(Commit commit, long ticket)
    {
        if (EarlierFailed(commit, ticket))
        {
            NeedsFacts |= facts is null;
            return Lose(commit, CommitStatus.EarlierCommitFailed, _grains.GetValueOrDefault(commit.Grain)?.Version ?? facts?.Versions.GetValueOrDefault(commit.Grain) ?? 0);
        }

        var grain = GrainOf(commit);
        var status = Judge(commit, grain);
        if (status != CommitStatus.Committed)
        {
            return Lose(commit, status, grain.Version);
        }

        if (commit.Consumes is { } consumed && !_sent.Remove(consumed))
        {
            Removed[consumed] = true;
        }

        if (commit.Fence is { } fence)
        {
            _ = Fences.Add(fence);
        }

        grain.Version++;
        grain.Newest = commit;
        AddEvents(commit);
        AddEffects(commit, grain);
        return new CommitResult(CommitStatus.Committed, grain.Version);
    }

    internal void RemoveMessage(MessageId id)
    {
        if (!_sent.Remove(id))
        {
            _ = Removed.TryAdd(id, false);
        }
    }

    internal void ClearDue(DueItem item)
    {
        if (!Due.TryGetValue((item.Grain, item.Id), out var planned))
        {
            _ = ClearedDue.Add(item);
        }
        else if (planned is { } at && StoredTime.From(at) == StoredTime.From(item.At))
        {
            Due[(item.Grain, item.Id)] = null;
        }
    }

    internal void Upsert(StoredReminder reminder) => Reminders[(reminder.Grain, reminder.Name)] = reminder;

    internal void RemoveReminder(GrainRef grain, string name) => Reminders[(grain, name)] = null;

    /// <summary>The batch is durable: the losers are lost for good.</summary>
    internal void Confirm()
    {
        foreach (var commit in _lost)
        {
            commit.Chain?.Break();
            if (commit.Chain is null)
            {
                failed.Add(commit.Grain, commit.ExpectedVersion);
            }
        }
    }

    private bool EarlierFailed(Commit commit, long ticket) => commit.Chain is { } chain
        ? chain.IsBroken || _broken.Contains(chain)
        : failed.Covers(commit.Grain, commit.ExpectedVersion, ticket) || _failedHere.Covers(commit.Grain, commit.ExpectedVersion, ticket);

    private PlannedGrain GrainOf(Commit commit)
    {
        if (!_grains.TryGetValue(commit.Grain, out var grain))
        {
            grain = new PlannedGrain(commit.Grain, facts is null ? commit.ExpectedVersion : facts.Versions.GetValueOrDefault(commit.Grain));
            _grains.Add(commit.Grain, grain);
        }

        return grain;
    }

    private CommitStatus Judge(Commit commit, PlannedGrain grain)
    {
        if (commit.Fence is { } fence && facts is not null && facts.Epochs.GetValueOrDefault(fence.Resource) != fence.Epoch)
        {
            return CommitStatus.Fenced;
        }

        if (commit.ExpectedVersion != grain.Version)
        {
            NeedsFacts |= facts is null && grain.Newest is null;
            return CommitStatus.VersionConflict;
        }

        if (commit.Consumes is { } consumed && !_sent.ContainsKey(consumed)
            && (Removed.ContainsKey(consumed) || (facts is not null && !facts.Waiting.Contains(consumed))))
        {
            NeedsFacts |= facts is null && grain.Newest is null;
            return CommitStatus.MessageGone;
        }

        return commit.Answer is { } answer && AnswerStands(answer, commit.DecidedAt) ? CommitStatus.AnswerExists : CommitStatus.Committed;
    }

    private bool AnswerStands(Answer answer, DateTimeOffset now)
    {
        var key = (answer.Scope, answer.Key);
        if (Answers.TryGetValue(key, out var planned))
        {
            NeedsFacts |= facts is null;
            return StoredTime.From(planned.Answer.ExpiresAt) >= StoredTime.From(now);
        }

        return facts is not null && facts.Answers.TryGetValue(key, out var expiresAt) && expiresAt >= StoredTime.From(now);
    }

    private CommitResult Lose(Commit commit, CommitStatus status, long version)
    {
        _lost.Add(commit);
        if (commit.Chain is { } chain)
        {
            _ = _broken.Add(chain);
        }
        else
        {
            _failedHere.Add(commit.Grain, commit.ExpectedVersion);
        }

        return new CommitResult(status, version);
    }

    private void AddEvents(Commit commit)
    {
        for (var place = 0; place < commit.Events.Count; place++)
        {
            var draft = commit.Events[place];
            var log = Take(_logs, commit.Account ?? EventShards.Of(draft.Object));
            Events.Add(new PlannedEvent(log, Take(_objects, draft.Object), draft, commit.DecidedAt));
        }
    }

    private void AddEffects(Commit commit, PlannedGrain grain)
    {
        for (var place = 0; place < commit.Transfers.Count; place++)
        {
            Transfers.Add(new PlannedTransfer(grain, grain.Version, place, commit.Transfers[place], commit.DecidedAt));
        }

        for (var place = 0; place < commit.Messages.Count; place++)
        {
            var id = new MessageId(commit.Grain, grain.Version, place);
            _sent.Add(id, new PlannedMessage(id, commit.Messages[place], commit.DecidedAt));
        }

        for (var place = 0; place < commit.Due.Count; place++)
        {
            Due[(commit.Grain, commit.Due[place].Id)] = commit.Due[place].At;
        }

        for (var place = 0; place < commit.Records.Count; place++)
        {
            Records[(commit.Grain, commit.Records[place].Id)] = commit.Records[place].Body;
        }

        if (commit.Answer is { } answer)
        {
            Answers[(answer.Scope, answer.Key)] = new PlannedAnswer(answer, commit.DecidedAt);
        }
    }

    private static PlannedHead Take(Dictionary<string, PlannedHead> heads, string name)
    {
        if (!heads.TryGetValue(name, out var head))
        {
            head = new PlannedHead(name);
            heads.Add(name, head);
        }

        head.Count++;
        return head;
    }
}
