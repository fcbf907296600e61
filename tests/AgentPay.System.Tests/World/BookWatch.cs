using Npgsql;

namespace AgentPay.SystemTests.World;

/// <summary>What an account of the book holds of an asset, and what its postings say.</summary>
/// <param name="Account">Its name.</param>
/// <param name="Asset">Of the book.</param>
/// <param name="Posted">The sum of its postings; null: it has none.</param>
/// <param name="Held">Its balance; null: it has none.</param>
/// <param name="Given">Transfers it gave by.</param>
internal sealed record BookEntry(string Account, string Asset, long? Posted, long? Held, long Given);

/// <summary>Looks at a book from outside, on a connection of its own that cannot write: each look is one transaction that sees one moment.</summary>
internal sealed class BookWatch : IAsyncDisposable
{
    private const string Look = """
        WITH sums AS (
            SELECT account, asset, sum(atoms)::bigint AS atoms, count(*) FILTER (WHERE atoms < 0) AS given
            FROM (SELECT debit AS account, asset, -atoms AS atoms FROM transfers UNION ALL SELECT credit, asset, atoms FROM transfers) legs GROUP BY account, asset),
        posted AS (
            SELECT who.name AS account, what.name AS asset, atoms, given FROM sums JOIN ledger_names who ON who.id = account JOIN ledger_names what ON what.id = asset),
        held AS (
            SELECT grain_key || ':' || id AS account, split_part(line, ' ', 1) AS asset, split_part(line, ' ', 2)::bigint AS atoms
            FROM records, string_to_table(rtrim(convert_from(substring(body FROM 2), 'UTF8'), E'\n'), E'\n') AS line WHERE grain_type = 'book')
        SELECT account, asset, posted.atoms, held.atoms, coalesce(given, 0) FROM posted FULL JOIN held USING (account, asset)
        """;

    private const string Prefix = "book:main:";
    private readonly NpgsqlConnection _connection;

    private BookWatch(NpgsqlConnection connection) => _connection = connection;

    public static async Task<BookWatch> OpenAsync(string database)
    {
        var connection = new NpgsqlConnection(database + ";Pooling=false;Options=-c default_transaction_read_only=on");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return new BookWatch(connection);
    }

    /// <summary>All accounts of this moment.</summary>
    public async Task<List<BookEntry>> LookAsync()
    {
        await using var command = new NpgsqlCommand(Look, _connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var entries = new List<BookEntry>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            var account = reader.GetString(0);
            Assert.StartsWith(Prefix, account, StringComparison.Ordinal);
            entries.Add(new BookEntry(
                account[Prefix.Length..], reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetInt64(2), reader.IsDBNull(3) ? null : reader.GetInt64(3), reader.GetInt64(4)));
        }

        return entries;
    }

    /// <summary>What is wrong with a book; empty: nothing.</summary>
    public static List<string> Faults(IReadOnlyCollection<BookEntry> entries)
    {
        var faults = entries.Where(entry => entry.Posted != entry.Held).Select(entry => $"{entry}: postings and balance differ.").ToList();
        faults.AddRange(entries.Where(entry => entry.Held < Floor(entry)).Select(entry => $"{entry}: below what it may."));
        foreach (var asset in entries.GroupBy(entry => entry.Asset))
        {
            if (asset.Sum(entry => entry.Posted) != 0 || asset.Sum(entry => entry.Held) != 0)
            {
                faults.Add($"{asset.Key}: postings sum to {asset.Sum(entry => entry.Posted)}, balances to {asset.Sum(entry => entry.Held)}.");
            }
        }

        return faults;
    }

    public async ValueTask DisposeAsync() => await _connection.DisposeAsync();

    private static long Floor(BookEntry entry) => (entry.Account, entry.Asset) switch
    {
        (BookEngines.Mint, BookEngines.Credits) => long.MinValue,
        (BookEngines.Vault, BookEngines.Points) => -BookEngines.PointsMax,
        _ => 0,
    };
}
