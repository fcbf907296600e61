using AgentPay.Storage.Writing;
using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// One connection's transactions. Two round trips each: the first takes the rows and numbers and verifies what the plan assumed,
/// the second adds the rest and commits.
/// </summary>
internal sealed class BatchSession(NpgsqlConnection connection, FailedDecisions failed, RowMemory memory) : IDisposable
{
    private readonly NpgsqlBatchCommand _begin = new("BEGIN ISOLATION LEVEL READ COMMITTED");
    private readonly NpgsqlBatchCommand _commit = new("COMMIT");
    private readonly NpgsqlBatch _batch = new(connection);
    private readonly FactStatements _facts = new();
    private readonly MarkStatements _marks = new();
    private readonly GrainStatements _grains = new(memory);
    private readonly MessageStatements _messages = new();
    private readonly AnswerStatements _answers = new();
    private readonly NameStatements _names = new();
    private readonly ObjectStatements _objects = new(memory);
    private readonly LogStatements _rows = new();
    private readonly SideStatements _sides = new();
    private bool _transfersClaimed;

    internal RowMemory Memory => memory;

    /// <summary>The number of the open transaction's entry in PostgreSQL's log of outcomes; null while nothing can have been committed.</summary>
    internal string? TransactionId { get; private set; }

    /// <summary>The server's process, to end it when it hangs on to an outcome.</summary>
    internal int BackendId { get; } = connection.ProcessID;

    /// <summary>True while the server still talks to us: an error it reported then is the end of its transaction.</summary>
    internal bool IsOpen => connection.FullState == System.Data.ConnectionState.Open;

    /// <summary>Plans the batch and takes its rows. Null: an assumption failed, nothing was written.</summary>
    internal BatchPlan? Prepare(IReadOnlyList<IPlannedWrite> writes, BatchMark mark, bool onFacts)
    {
        TransactionId = null;
        var facts = onFacts ? ReadFacts(writes) : null;
        var plan = new BatchPlan(failed, facts);
        foreach (var write in writes)
        {
            write.Plan(plan);
        }

        if (plan.NeedsFacts)
        {
            return null;
        }

        if (!plan.IsEmpty && !Claim(plan, mark, begin: facts is null))
        {
            Rollback();
            return null;
        }

        return plan;
    }

    /// <summary>Adds what is left of the plan, and commits.</summary>
    internal void Commit(BatchPlan plan)
    {
        if (plan.IsEmpty)
        {
            Rollback();
            plan.Confirm();
            return;
        }

        _batch.BatchCommands.Clear();
        if (!_transfersClaimed)
        {
            _rows.FillTransfers(plan, _names, _batch);
        }

        _messages.FillSent(plan, _batch);
        _sides.Fill(plan, _batch);
        _answers.FillExpired(plan, _batch);

        // Last, and together with COMMIT: a log's head is what batches of different grains have in common, and each waits for the other's.
        _rows.FillEvents(plan, _batch);
        _batch.BatchCommands.Add(_commit);
        _ = _batch.ExecuteNonQuery();
        Confirm(plan);
    }

    internal void Confirm(BatchPlan plan)
    {
        TransactionId = null;
        _grains.Remember();
        _names.Remember();
        _objects.Remember();
        plan.Confirm();
    }

    internal void Rollback()
    {
        TransactionId = null;
        using var rollback = new NpgsqlCommand("ROLLBACK", connection);
        _ = rollback.ExecuteNonQuery();
    }

    /// <summary>As <see cref="Rollback"/>, after a rival: what was assumed of the batch's objects is asked for next time.</summary>
    internal void RollbackAfterRival()
    {
        _objects.Forget();
        Rollback();
    }

    public void Dispose()
    {
        _batch.Dispose();
        connection.Dispose();
    }

    private BatchFacts ReadFacts(IReadOnlyList<IPlannedWrite> writes)
    {
        _batch.BatchCommands.Clear();
        _batch.BatchCommands.Add(_begin);
        _facts.Fill(writes, _batch);
        using var reader = _batch.ExecuteReader();
        return _facts.Read(reader);
    }

    private bool Claim(BatchPlan plan, BatchMark mark, bool begin)
    {
        _batch.BatchCommands.Clear();
        if (begin)
        {
            _batch.BatchCommands.Add(_begin);
        }

        _marks.Fill(plan, mark, _batch);
        _grains.Fill(plan, _batch);
        _messages.FillRemoved(plan, _batch);
        _answers.Fill(plan, _batch);
        _names.Fill(plan, _batch);
        _objects.Fill(plan, _batch);

        // What needs no number that is still to be read goes along: it is then not in the way while a log's head is locked.
        _transfersClaimed = _grains.AllKnown && _names.AllKnown;
        if (_transfersClaimed)
        {
            _rows.FillTransfers(plan, _names, _batch);
        }

        using var reader = _batch.ExecuteReader();
        var stands = _marks.Read(reader);
        _grains.Read(reader);
        stands &= _messages.ReadRemoved(reader);
        stands &= _answers.Read(reader);
        _names.Read(reader);
        _objects.Read(reader);
        reader.Close();
        TransactionId = _marks.TransactionId;
        return stands && _grains.Stands();
    }
}
