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
    private readonly AnswerRows _answers;
    private readonly Words _words;

    internal BatchWriter(SqliteConnection connection, FailedDecisions failed, int gatheredMin)
    {
        _connection = connection;
        _failed = failed;
        _words = new Words(connection);
        _grains = new GrainRows(connection, _words);
        _ledger = new LedgerRows(connection, _words, gatheredMin);
        _events = new EventRows(connection, _words, _grains);
        _records = new RecordRows(connection, gatheredMin);
        _answers = new AnswerRows(connection);
        Messages = new MessageRows(connection, _words, _grains);
        Due = new DueRows(connection, _grains);
        Reminders = new ReminderRows(connection);
    }

    internal MessageRows Messages { get; }

    internal DueRows Due { get; }

    internal ReminderRows Reminders { get; }

    /// <summary>Commits of the open batch that lost.</summary>
    internal int Losers { get; private set; }

    internal void Begin()
    {
        Losers = 0;
        _grains.Begin();
        _ledger.Begin();
        _events.Begin();
        _records.Begin();
        _answers.Begin();
        _connection.Statement("BEGIN IMMEDIATE").Execute();
    }

    internal CommitResult Apply(Commit commit, long ticket)
    {
        var row = _grains.Row(commit.Grain);
        var (status, consumed, expired) = Judge(commit, row, ticket);
        commit.Fate?.Decide(isApplied: status == CommitStatus.Committed);
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

        if (consumed is { } message)
        {
            Messages.Remove(message);
        }

        _grains.Change(row);
        _ledger.Write(commit, row);
        _events.Write(commit, row);
        _records.Write(commit, row);
        Messages.Write(commit, row);
        Due.Write(commit, row);
        if (commit.Answer is { } answer)
        {
            _answers.Write(answer, commit.DecidedAt, expired);
        }

        row.Version = commit.ExpectedVersion + 1;
        row.Newest = commit;
        return new CommitResult(CommitStatus.Committed, row.Version);
    }

    /// <summary>Writes what was gathered and the batch's number; what is left is the COMMIT.</summary>
    internal void Prepare(long batch)
    {
        _ledger.Flush();
        _events.Flush();
        _records.Flush(batch);
        _answers.Flush();
        _grains.Flush();
        _connection.Statement(NextBatch).Bind(1, batch).Execute();
    }

    internal void Commit() => _connection.Statement("COMMIT").Execute();

    /// <summary>Ends the transaction, if the failure has not, and forgets what was learned in it.</summary>
    internal void Rollback()
    {
        _grains.Forget();
        _events.Forget();
        _ledger.Forget();
        _records.Forget();
        _words.Forget();
        if (_connection.InTransaction)
        {
            _connection.Statement("ROLLBACK").Execute();
        }
    }

    /// <summary>Gives the connection to the checkpoints, between two transactions.</summary>
    internal void Lend(LogCheckpoints checkpoints) => checkpoints.Written(_connection);

    internal long DurableBatch() => _connection.ReadInt64("SELECT number FROM batches");

    /// <inheritdoc cref="SqliteConnection.Abandon"/>
    internal void Abandon() => _connection.Abandon();

    public void Dispose() => _connection.Dispose();

    private (CommitStatus Status, long? Consumed, long? Expired) Judge(Commit commit, GrainRow row, long ticket)
    {
        if (commit.Chain?.IsBroken ?? _failed.Covers(commit.Grain, commit.ExpectedVersion, ticket))
        {
            return (CommitStatus.EarlierCommitFailed, null, null);
        }

        if (commit.ExpectedVersion != row.Version)
        {
            return (CommitStatus.VersionConflict, null, null);
        }

        var consumed = commit.Consumes is { } message && commit.Follows is not { IsApplied: false } ? Messages.Find(message) : null;
        if (commit.Consumes is not null && consumed is null)
        {
            return (CommitStatus.MessageGone, null, null);
        }

        var found = commit.Answer is { } answer ? _answers.Find(answer, commit.DecidedAt) : null;
        return found is { Stands: true } ? (CommitStatus.AnswerExists, null, null) : (CommitStatus.Committed, consumed, found?.Row);
    }
}
