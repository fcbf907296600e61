using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>
/// One connection's transactions. Every check of a commit is a read and comes before its first write, so a loser leaves nothing to undo and
/// needs no savepoint.
/// </summary>
internal sealed class BatchWriter : IDisposable
{
    private const string NextBatch = "UPDATE batches SET number = ?1";

    private readonly SqliteConnection _connection;
    private readonly FailedDecisions _failed;
    private readonly GrainRows _grains;
    private readonly LedgerRows _ledger;
    private readonly EventRows _events;
    private readonly RecordRows _records;

    internal BatchWriter(SqliteConnection connection, FailedDecisions failed)
    {
        _connection = connection;
        _failed = failed;
        _grains = new GrainRows(connection);
        _ledger = new LedgerRows(connection);
        _events = new EventRows(connection);
        _records = new RecordRows(connection);
        Effects = new EffectRows(connection);
    }

    internal EffectRows Effects { get; }

    /// <summary>Commits of the open batch that lost.</summary>
    internal int Losers { get; private set; }

    internal void Begin()
    {
        Losers = 0;
        _grains.Clear();
        _events.Clear();
        _connection.Statement("BEGIN IMMEDIATE").Execute();
    }

    internal CommitResult Apply(Commit commit, long ticket)
    {
        var row = _grains.Row(commit.Grain);
        var status = Judge(commit, row, ticket);
        if (status != CommitStatus.Committed)
        {
            Losers++;
            commit.Chain?.Break();
            if (commit.Chain is null)
            {
                _failed.Add(commit.Grain, commit.ExpectedVersion);
            }

            return new CommitResult(status, row.Version);
        }

        if (commit.Consumes is { } consumed)
        {
            Effects.RemoveMessage(consumed);
        }

        _ledger.Write(commit, row);
        _events.Write(commit);
        _records.Write(commit);
        Effects.Write(commit);
        row.Version = commit.ExpectedVersion + 1;
        row.Newest = commit;
        return new CommitResult(CommitStatus.Committed, row.Version);
    }

    /// <summary>Writes what was gathered and the batch's number; what is left is the COMMIT.</summary>
    internal void Prepare(long batch)
    {
        _events.Flush();
        _grains.Flush();
        _connection.Statement(NextBatch).Bind(1, batch).Execute();
    }

    internal void Commit() => _connection.Statement("COMMIT").Execute();

    /// <summary>Ends the transaction, if the failure has not, and forgets what was learned in it.</summary>
    internal void Rollback()
    {
        _grains.Clear();
        _events.Clear();
        _ledger.Forget();
        if (_connection.InTransaction)
        {
            _connection.Statement("ROLLBACK").Execute();
        }
    }

    internal long DurableBatch() => _connection.ReadInt64("SELECT number FROM batches");

    public void Dispose() => _connection.Dispose();

    private CommitStatus Judge(Commit commit, GrainRow row, long ticket)
    {
        if (commit.Chain?.IsBroken ?? _failed.Covers(commit.Grain, commit.ExpectedVersion, ticket))
        {
            return CommitStatus.EarlierCommitFailed;
        }

        if (commit.ExpectedVersion != row.Version)
        {
            return CommitStatus.VersionConflict;
        }

        if (commit.Consumes is { } consumed && !Effects.MessageWaits(consumed))
        {
            return CommitStatus.MessageGone;
        }

        return commit.Answer is { } answer && Effects.AnswerStands(answer, commit.DecidedAt) ? CommitStatus.AnswerExists : CommitStatus.Committed;
    }
}
