using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>Reads what a batch must know to judge its commits, and locks the rows of its grains in their order until the transaction ends.</summary>
internal sealed class FactStatements
{
    private readonly RowsStatement _grains = new("""
        SELECT v.place, g.version FROM unnest($1, $2) WITH ORDINALITY AS v (type, key, place)
        JOIN grains g ON g.type = v.type AND g.key = v.key AND v.place % 1 = 0
        ORDER BY g.type, g.key FOR UPDATE OF g
        """);

    private readonly RowsStatement _leases = new("""
        SELECT v.place, l.epoch FROM unnest($1) WITH ORDINALITY AS v (resource, place)
        JOIN leases l ON l.resource = v.resource AND v.place % 1 = 0 ORDER BY l.resource FOR SHARE OF l
        """);

    private readonly RowsStatement _messages = new("""
        SELECT v.at FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS v (source_type, source_key, version, place, at)
        JOIN messages m ON m.source_type = v.source_type AND m.source_key = v.source_key AND m.version = v.version AND m.place = v.place AND v.at % 1 = 0
        """);

    private readonly RowsStatement _answers = new("""
        SELECT v.place, a.expires_at FROM unnest($1, $2) WITH ORDINALITY AS v (scope, key, place)
        JOIN answers a ON a.scope = v.scope AND a.key = v.key AND v.place % 1 = 0
        """);

    private readonly (Column<string> Type, Column<string> Key) _grain;
    private readonly (Column<string> Type, Column<string> Key, Column<long> Version, Column<int> Place) _message;
    private readonly (Column<string> Scope, Column<string> Key) _answer;
    private readonly Column<string> _resource;
    private List<string> _resourcesAsked = [];
    private List<GrainRef> _grainsAsked = [];
    private List<MessageId> _messagesAsked = [];
    private List<(string Scope, string Key)> _answersAsked = [];

    internal FactStatements()
    {
        _resource = _leases.Text();
        _grain = (_grains.Text(), _grains.Text());
        _message = (_messages.Text(), _messages.Text(), _messages.Int64(), _messages.Int32());
        _answer = (_answers.Text(), _answers.Text());
    }

    internal void Fill(IReadOnlyList<IPlannedWrite> writes, NpgsqlBatch batch)
    {
        var commits = writes.OfType<QueuedCommit>().Select(write => write.Commit).ToList();
        _resourcesAsked = commits.Where(commit => commit.Fence is not null).Select(commit => commit.Fence!.Value.Resource).Distinct().InOrder(string.CompareOrdinal);
        _grainsAsked = commits.Select(commit => commit.Grain).Distinct().InOrder(Addresses.Compare);
        _messagesAsked = commits.Where(commit => commit.Consumes is not null).Select(commit => commit.Consumes!.Value).Distinct().ToList();
        _answersAsked = commits.Where(commit => commit.Answer is not null).Select(commit => (commit.Answer!.Scope, commit.Answer.Key)).Distinct().ToList();
        _resource.Clear();
        _resourcesAsked.ForEach(_resource.Add);
        _grain.Type.Clear();
        _grain.Key.Clear();
        foreach (var grain in _grainsAsked)
        {
            _grain.Type.Add(grain.Type);
            _grain.Key.Add(grain.Key);
        }

        _message.Type.Clear();
        _message.Key.Clear();
        _message.Version.Clear();
        _message.Place.Clear();
        foreach (var id in _messagesAsked)
        {
            _message.Type.Add(id.Source.Type);
            _message.Key.Add(id.Source.Key);
            _message.Version.Add(id.Version);
            _message.Place.Add(id.Index);
        }

        _answer.Scope.Clear();
        _answer.Key.Clear();
        foreach (var (scope, key) in _answersAsked)
        {
            _answer.Scope.Add(scope);
            _answer.Key.Add(key);
        }

        batch.AddIf(_resourcesAsked.Count > 0, _leases);
        batch.AddIf(_grainsAsked.Count > 0, _grains);
        batch.AddIf(_messagesAsked.Count > 0, _messages);
        batch.AddIf(_answersAsked.Count > 0, _answers);
    }

    internal BatchFacts Read(NpgsqlDataReader reader)
    {
        var facts = new BatchFacts();
        if (_resourcesAsked.Count > 0)
        {
            while (reader.Read())
            {
                facts.Epochs[_resourcesAsked[Place(reader)]] = reader.GetInt64(1);
            }

            _ = reader.NextResult();
        }

        if (_grainsAsked.Count > 0)
        {
            while (reader.Read())
            {
                facts.Versions[_grainsAsked[Place(reader)]] = reader.GetInt64(1);
            }

            _ = reader.NextResult();
        }

        if (_messagesAsked.Count > 0)
        {
            while (reader.Read())
            {
                _ = facts.Waiting.Add(_messagesAsked[Place(reader)]);
            }

            _ = reader.NextResult();
        }

        while (_answersAsked.Count > 0 && reader.Read())
        {
            facts.Answers[_answersAsked[Place(reader)]] = reader.GetInt64(1);
        }

        return facts;
    }

    private static int Place(NpgsqlDataReader reader) => checked((int)reader.GetInt64(0)) - 1;
}
