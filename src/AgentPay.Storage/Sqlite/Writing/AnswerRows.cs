using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Idempotency records.</summary>
internal sealed class AnswerRows(SqliteConnection connection)
{
    private const string Select = "SELECT id, expires_at FROM answers WHERE key_hash = ?1 AND key = ?2 AND scope = ?3";

    private const string Insert = """
        INSERT INTO answers (expires_at, http_status, fingerprint, body, key_hash, key, scope) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """;

    private const string Update = "UPDATE answers SET expires_at = ?1, http_status = ?2, fingerprint = ?3, body = ?4 WHERE id = ?5";

    private const string DeleteExpired = "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

    private int _written;
    private long _earliest;
    private (string Key, long Hash) _asked = ("", -1);

    /// <summary>The row of an answer's key, and whether it still stands at this time; null when there is none.</summary>
    internal (long Row, bool Stands)? Find(Answer answer, DateTimeOffset now)
    {
        var select = connection.Statement(Select).Bind(1, Hash(answer.Key)).Bind(2, answer.Key).Bind(3, answer.Scope);
        if (!select.Step())
        {
            return null;
        }

        var found = (select.GetInt64(0), select.GetInt64(1) >= StoredTime.From(now));
        select.Reset();
        return found;
    }

    /// <summary>Writes an answer; one that expired, in <paramref name="row"/>, makes room.</summary>
    internal void Write(Answer answer, DateTimeOffset now, long? row)
    {
        var statement = connection.Statement(row is null ? Insert : Update)
            .Bind(1, StoredTime.From(answer.ExpiresAt)).Bind(2, answer.HttpStatus).Bind(3, answer.Fingerprint.Span).Bind(4, answer.Body.Span);
        if (row is { } number)
        {
            statement.Bind(5, number).Execute();
        }
        else
        {
            statement.Bind(5, Hash(answer.Key)).Bind(6, answer.Key).Bind(7, answer.Scope).Execute();
        }

        _earliest = _written++ == 0 ? StoredTime.From(now) : Math.Min(_earliest, StoredTime.From(now));
    }

    internal void Begin() => _written = 0;

    /// <summary>Two of the expired go for each that comes, so the table follows the traffic without a sweep of its own.</summary>
    internal void Flush()
    {
        if (_written > 0)
        {
            connection.Statement(DeleteExpired).Bind(1, _earliest).Bind(2, 2L * _written).Execute();
        }
    }

    /// <summary>An answer is looked for and then written: its key is hashed once.</summary>
    private long Hash(string key)
    {
        if (!ReferenceEquals(_asked.Key, key) || _asked.Hash < 0)
        {
            _asked = (key, connection.Hash.Of(key));
        }

        return _asked.Hash;
    }
}
