using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>Writes answers, each only if its key is free or the stored one had expired when this one was decided.</summary>
internal sealed class AnswerStatements
{
    private readonly RowsStatement _upsert = new("""
        INSERT INTO answers AS a (scope, key, answered_at, expires_at, http_status, fingerprint, body)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (scope, key) DO UPDATE SET answered_at = excluded.answered_at, expires_at = excluded.expires_at,
            http_status = excluded.http_status, fingerprint = excluded.fingerprint, body = excluded.body
        WHERE a.expires_at < excluded.answered_at
        RETURNING 1
        """);

    /// <summary>Two of the expired go for each that comes, so the table follows the traffic without a sweep of its own.</summary>
    private readonly RowsStatement _expire = new("""
        DELETE FROM answers WHERE (scope, key) IN (
            SELECT scope, key FROM answers WHERE expires_at < ($1)[1] ORDER BY expires_at LIMIT ($1)[2] FOR UPDATE SKIP LOCKED)
        """);

    private readonly Column<string> _scope;
    private readonly Column<string> _key;
    private readonly Column<long> _answeredAt;
    private readonly Column<long> _expiresAt;
    private readonly Column<int> _status;
    private readonly Column<ReadOnlyMemory<byte>> _fingerprint;
    private readonly Column<ReadOnlyMemory<byte>> _body;
    private readonly Column<long> _expired;
    private int _count;

    internal AnswerStatements()
    {
        _scope = _upsert.Text();
        _key = _upsert.Text();
        _answeredAt = _upsert.Int64();
        _expiresAt = _upsert.Int64();
        _status = _upsert.Int32();
        _fingerprint = _upsert.Bytes();
        _body = _upsert.Bytes();
        _expired = _expire.Int64();
    }

    internal void Fill(BatchPlan plan, NpgsqlBatch batch)
    {
        _count = plan.Answers.Count;
        if (_count == 0)
        {
            return;
        }

        _scope.Clear();
        _key.Clear();
        _answeredAt.Clear();
        _expiresAt.Clear();
        _status.Clear();
        _fingerprint.Clear();
        _body.Clear();
        foreach (var (answer, decidedAt) in plan.Answers.Values.InOrder(ByKey))
        {
            _scope.Add(answer.Scope);
            _key.Add(answer.Key);
            _answeredAt.Add(decidedAt);
            _expiresAt.Add(answer.ExpiresAt);
            _status.Add(answer.HttpStatus);
            _fingerprint.Add(answer.Fingerprint);
            _body.Add(answer.Body);
        }

        batch.AddIf(true, _upsert);
    }

    /// <returns>False: a key has an answer that stands.</returns>
    internal bool Read(NpgsqlDataReader reader)
    {
        if (_count == 0)
        {
            return true;
        }

        var written = 0;
        while (reader.Read())
        {
            written++;
        }

        _ = reader.NextResult();
        return written == _count;
    }

    internal void FillExpired(BatchPlan plan, NpgsqlBatch batch)
    {
        if (_count > 0)
        {
            _expired.Clear();
            _expired.Add(plan.Answers.Values.Min(answer => answer.DecidedAt));
            _expired.Add(2L * _count);
            batch.AddIf(true, _expire);
        }
    }

    private static int ByKey(PlannedAnswer one, PlannedAnswer other)
    {
        var byScope = string.CompareOrdinal(one.Answer.Scope, other.Answer.Scope);
        return byScope != 0 ? byScope : string.CompareOrdinal(one.Answer.Key, other.Answer.Key);
    }
}
