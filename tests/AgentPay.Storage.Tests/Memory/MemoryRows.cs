using System.Globalization;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Tests.Memory;

/// <summary>What a store holds, in memory: outlives the store that is opened on it. Its user locks it.</summary>
internal sealed class MemoryRows
{
    // In the order of the grains' first commits, on which the order of deadlines that are due together rests.
    private readonly Dictionary<GrainRef, GrainRow> _grains = [];
    private readonly List<WaitingMessage> _messages = [];
    private readonly Dictionary<(string Scope, string Key), Answer> _answers = [];
    private readonly Dictionary<string, List<StoredEvent>> _logs = [];
    private readonly Dictionary<string, List<StoredEvent>> _objects = [];
    private long _events;

    public StoredState? Read(GrainRef grain) => _grains.TryGetValue(grain, out var row) ? new StoredState(grain, row.Version, row.State) : null;

    public IReadOnlyList<StoredRecord> ReadRecords(GrainRef grain) =>
        _grains.TryGetValue(grain, out var row) ? [.. row.Records.Select(record => new StoredRecord(record.Key, record.Value))] : [];

    public Answer? ReadAnswer(string scope, string key, DateTimeOffset now) =>
        _answers.TryGetValue((scope, key), out var answer) && StoredTime.From(answer.ExpiresAt) >= StoredTime.From(now) ? answer : null;

    public IReadOnlyList<WaitingMessage> ReadMessages(DateTimeOffset sentBefore, int countMax) =>
        [.. _messages.Where(message => message.SentAt <= sentBefore).OrderBy(message => message.SentAt).Take(countMax)];

    public IReadOnlyList<DueItem> ReadDue(DateTimeOffset now, int countMax) => [.. _grains
        .SelectMany(grain => grain.Value.Due.Select(due => new DueItem(grain.Key, due.Key, due.Value)))
        .Where(item => item.At <= now).OrderBy(item => item.At).Take(countMax)];

    public DateTimeOffset? ReadNextDue() => _grains.Values.SelectMany(row => row.Due.Values).Select(at => (DateTimeOffset?)at).Min();

    public IReadOnlyList<StoredEvent> ReadEvents(string account, long after, int countMax) =>
        [.. _logs.GetValueOrDefault(account, []).Where(entry => entry.Sequence > after).Take(countMax)];

    public IReadOnlyList<StoredEvent> ReadObjectEvents(string @object) => [.. _objects.GetValueOrDefault(@object, [])];

    public IReadOnlyList<StoredTransfer> ReadTransfers(GrainRef grain) => _grains.TryGetValue(grain, out var row) ? [.. row.Transfers] : [];

    public IReadOnlyList<LedgerTotal> ReadTotals() => [.. _grains.Values
        .SelectMany(row => row.Transfers).GroupBy(row => row.Transfer.Asset).OrderBy(rows => rows.Key, StringComparer.Ordinal)
        .Select(rows => new LedgerTotal(rows.Key, Int128.Zero, rows.Count()))];

    public Int128 ReadBalance(string account, string asset) => _grains.Values
        .SelectMany(row => row.Transfers).Select(row => row.Transfer).Where(transfer => transfer.Asset == asset)
        .Aggregate(Int128.Zero, (sum, transfer) =>
            sum + (transfer.Credit == account ? (Int128)transfer.Atoms : 0) - (transfer.Debit == account ? (Int128)transfer.Atoms : 0));

    public void Remove(MessageId id) => _messages.RemoveAll(message => message.Id == id);

    public void Clear(DueItem item)
    {
        if (_grains.TryGetValue(item.Grain, out var row) && row.Due.TryGetValue(item.Id, out var at) && at == Stored(item.At))
        {
            row.Due.Remove(item.Id);
        }
    }

    /// <summary>Applies a commit or says why it lost. Tells its followers and its chain.</summary>
    public CommitResult Apply(Commit commit, FailedDecisions failed, long ticket)
    {
        var version = _grains.GetValueOrDefault(commit.Grain)?.Version ?? 0;
        var status = Judge(commit, version, failed, ticket);
        commit.Fate?.Decide(isApplied: status == CommitStatus.Committed);
        if (status == CommitStatus.Committed)
        {
            Write(commit);
            return new CommitResult(status, version + 1);
        }

        commit.Chain?.Break();
        if (commit.Chain is null)
        {
            failed.Add(commit.Grain, commit.ExpectedVersion);
        }

        return new CommitResult(status, version);
    }

    private CommitStatus Judge(Commit commit, long version, FailedDecisions failed, long ticket) =>
        commit.Chain?.IsBroken ?? failed.Covers(commit.Grain, commit.ExpectedVersion, ticket) ? CommitStatus.EarlierCommitFailed
        : commit.ExpectedVersion != version ? CommitStatus.VersionConflict
        : commit.Consumes is { } consumed && (commit.Follows is { IsApplied: false } || !_messages.Exists(message => message.Id == consumed)) ? CommitStatus.MessageGone
        : commit.Answer is { } answer && ReadAnswer(answer.Scope, answer.Key, commit.DecidedAt) is not null ? CommitStatus.AnswerExists
        : CommitStatus.Committed;

    private void Write(Commit commit)
    {
        if (commit.Consumes is { } consumed)
        {
            Remove(consumed);
        }

        if (!_grains.TryGetValue(commit.Grain, out var row))
        {
            _grains.Add(commit.Grain, row = new GrainRow());
        }

        (row.Version, row.State) = (commit.ExpectedVersion + 1, commit.State.ToArray());
        row.Write(commit);
        foreach (var draft in commit.Events)
        {
            Write(draft, commit);
        }

        for (var place = 0; place < commit.Messages.Count; place++)
        {
            var message = commit.Messages[place];
            _messages.Add(new WaitingMessage(new MessageId(commit.Grain, row.Version, place), message.Target, message.Body.ToArray(), Stored(commit.DecidedAt)));
        }

        if (commit.Answer is { } answer)
        {
            _answers[(answer.Scope, answer.Key)] =
                answer with { Fingerprint = answer.Fingerprint.ToArray(), Body = answer.Body.ToArray(), ExpiresAt = Stored(answer.ExpiresAt) };
        }
    }

    private void Write(EventDraft draft, Commit commit)
    {
        var account = commit.Account ?? EventShards.Of(draft.Object);
        var (log, ofObject) = (ListOf(_logs, account), ListOf(_objects, draft.Object));
        var id = string.Create(CultureInfo.InvariantCulture, $"evt_{commit.DecidedAt.ToUnixTimeMilliseconds():x12}7{++_events:x19}");
        var entry = new StoredEvent(id, account, log.Count + 1, draft.Type, draft.Object, ofObject.Count + 1, draft.Body.ToArray(), Stored(commit.DecidedAt));
        log.Add(entry);
        ofObject.Add(entry);
    }

    private static List<StoredEvent> ListOf(Dictionary<string, List<StoredEvent>> lists, string name)
    {
        if (!lists.TryGetValue(name, out var list))
        {
            lists.Add(name, list = []);
        }

        return list;
    }

    private static DateTimeOffset Stored(DateTimeOffset time) => StoredTime.ToTime(StoredTime.From(time));

    private sealed class GrainRow
    {
        public long Version { get; set; }

        public ReadOnlyMemory<byte> State { get; set; }

        public SortedDictionary<string, ReadOnlyMemory<byte>> Records { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<string, DateTimeOffset> Due { get; } = new(StringComparer.Ordinal);

        public List<StoredTransfer> Transfers { get; } = [];

        public void Write(Commit commit)
        {
            foreach (var transfer in commit.Transfers)
            {
                Transfers.Add(new StoredTransfer(commit.Grain, Version, Transfers.Count(row => row.Version == Version), transfer, Stored(commit.DecidedAt)));
            }

            foreach (var record in commit.Records)
            {
                _ = record.Body is null ? Records.Remove(record.Id) : (Records[record.Id] = record.Body.Value.ToArray()) is var _;
            }

            foreach (var due in commit.Due)
            {
                _ = due.At is null ? Due.Remove(due.Id) : (Due[due.Id] = Stored(due.At.Value)) is var _;
            }
        }
    }
}
