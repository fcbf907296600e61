using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>The numbers of grain types, event types, reasons and assets, given at their first use.</summary>
internal sealed class Words(SqliteConnection connection)
{
    private const string SelectNumber = "SELECT id FROM words WHERE word = ?";
    private const string SelectWord = "SELECT word FROM words WHERE id = ?";
    private const string Insert = "INSERT INTO words (word) VALUES (?) RETURNING id";

    private const int RememberedMax = 4_096;

    private readonly Dictionary<string, long> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string> _words = [];

    internal long Number(string word)
    {
        if (_numbers.TryGetValue(word, out var number))
        {
            return number;
        }

        number = Read(SelectNumber, word) ?? Read(Insert, word)!.Value;
        Remember(number, word);
        return number;
    }

    internal string Word(long number)
    {
        if (_words.TryGetValue(number, out var word))
        {
            return word;
        }

        var select = connection.Statement(SelectWord).Bind(1, number);
        Domain.Decisions.Invariant.That(select.Step(), "A number in a row stands for a word.");
        word = select.GetText(0);
        select.Reset();
        Remember(number, word);
        return word;
    }

    internal void Forget()
    {
        _numbers.Clear();
        _words.Clear();
    }

    private void Remember(long number, string word)
    {
        if (_numbers.Count >= RememberedMax)
        {
            Forget();
        }

        _numbers[word] = number;
        _words[number] = word;
    }

    private long? Read(string sql, string word)
    {
        var statement = connection.Statement(sql).Bind(1, word);
        if (!statement.Step())
        {
            return null;
        }

        var number = statement.GetInt64(0);
        statement.Reset();
        return number;
    }
}
