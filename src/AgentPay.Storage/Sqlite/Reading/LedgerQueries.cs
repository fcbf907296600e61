using System.Globalization;
using System.Numerics;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Reading;

/// <summary>Reads and checks the ledger. Sums are exact: SQLite has no number wide enough, so rows are folded here.</summary>
internal static class LedgerQueries
{
    internal static IReadOnlyList<StoredTransfer> ReadTransfers(SqliteConnection connection, GrainRef grain)
    {
        var select = connection.Statement("""
            WITH RECURSIVE owner (id, last_transfer) AS (
                SELECT g.id, g.last_transfer FROM grains g JOIN words w ON w.id = g.type WHERE g.key_hash = ?1 AND g.key = ?2 AND w.word = ?3),
            chain (id) AS (
                SELECT last_transfer FROM owner WHERE last_transfer IS NOT NULL
                UNION ALL
                SELECT t.previous FROM chain c JOIN transfers t ON t.id = c.id WHERE t.previous IS NOT NULL)
            SELECT t.grain = (SELECT id FROM owner), t.version, t.place, d.name, k.name, a.word, t.atoms, r.word, t.created_at
            FROM chain c CROSS JOIN transfers t ON t.id = c.id CROSS JOIN ledger_accounts d ON d.id = t.debit
            CROSS JOIN ledger_accounts k ON k.id = t.credit CROSS JOIN words a ON a.id = t.asset CROSS JOIN words r ON r.id = t.reason
            """).Bind(1, connection.Hash.Of(grain.Key)).Bind(2, grain.Key).Bind(3, grain.Type);
        var transfers = new List<StoredTransfer>();
        while (select.Step())
        {
            Invariant.That(select.GetInt64(0) == 1, "A chain of ledger rows belongs to one grain.");
            var transfer = new Transfer(select.GetText(3), select.GetText(4), select.GetText(5), Atoms(select, 6), select.GetText(7));
            transfers.Add(new StoredTransfer(grain, select.GetInt64(1), checked((int)select.GetInt64(2)), transfer, StoredTime.ToTime(select.GetInt64(8))));
        }

        transfers.Reverse();
        return transfers;
    }

    /// <summary>Debit and credit legs are summed apart, each only if its account exists: a row with a lost leg shows as a sum that is not zero.</summary>
    internal static IReadOnlyList<LedgerTotal> ReadTotals(SqliteConnection connection, int none)
    {
        var select = connection.Statement("""
            SELECT t.asset, t.atoms, d.id IS NOT NULL, k.id IS NOT NULL
            FROM transfers t LEFT JOIN ledger_accounts d ON d.id = t.debit LEFT JOIN ledger_accounts k ON k.id = t.credit
            """);
        var sums = new Dictionary<long, (BigInteger Debits, BigInteger Credits, long Count)>();
        while (select.Step())
        {
            BigInteger atoms = Atoms(select, 1);
            var sum = sums.GetValueOrDefault(select.GetInt64(0));
            sum.Debits -= select.GetInt64(2) == 1 ? atoms : 0;
            sum.Credits += select.GetInt64(3) == 1 ? atoms : 0;
            sums[select.GetInt64(0)] = sum with { Count = sum.Count + 1 };
        }

        return [.. sums
            .Select(pair => new LedgerTotal(Asset(connection, pair.Key), (Int128)(pair.Value.Credits + pair.Value.Debits), pair.Value.Count))
            .OrderBy(total => total.Asset, StringComparer.Ordinal)];
    }

    internal static Int128 ReadBalance(SqliteConnection connection, (string Account, string Asset) asked)
    {
        var select = connection.Statement("""
            WITH RECURSIVE asked (account, last_transfer) AS (
                SELECT n.id, coalesce(
                    (SELECT t.id FROM transfers t
                     WHERE t.id > (SELECT heads_to FROM marks) AND t.asset = w.id AND (t.debit = n.id OR t.credit = n.id) ORDER BY t.id DESC LIMIT 1),
                    (SELECT h.last_transfer FROM ledger_heads h WHERE h.account = n.id AND h.asset = w.id))
                FROM ledger_accounts n CROSS JOIN words w WHERE n.name_hash = ?1 AND n.name = ?2 AND w.word = ?3),
            chain (id, account) AS (
                SELECT last_transfer, account FROM asked WHERE last_transfer IS NOT NULL
                UNION ALL
                SELECT CASE WHEN t.credit = c.account THEN t.previous_credit ELSE t.previous_debit END, c.account
                FROM chain c CROSS JOIN transfers t ON t.id = c.id)
            SELECT t.credit = c.account, t.atoms FROM chain c CROSS JOIN transfers t ON t.id = c.id
            """).Bind(1, connection.Hash.Of(asked.Account)).Bind(2, asked.Account).Bind(3, asked.Asset);
        var balance = BigInteger.Zero;
        while (select.Step())
        {
            BigInteger atoms = Atoms(select, 1);
            balance += select.GetInt64(0) == 1 ? atoms : -atoms;
        }

        return checked((Int128)balance);
    }

    private static UInt128 Atoms(SqliteStatement row, int column) => UInt128.Parse(row.GetBytes(column), NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Asset(SqliteConnection connection, long number)
    {
        var select = connection.Statement("SELECT word FROM words WHERE id = ?").Bind(1, number);
        var name = select.Step() ? select.GetText(0) : string.Create(CultureInfo.InvariantCulture, $"unknown:{number}");
        select.Reset();
        return name;
    }
}
