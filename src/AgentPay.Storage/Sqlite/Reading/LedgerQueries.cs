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
            WITH RECURSIVE chain (id) AS (
                SELECT last_transfer FROM grains WHERE type = ?1 AND key = ?2 AND last_transfer IS NOT NULL
                UNION ALL
                SELECT t.previous FROM chain c JOIN transfers t ON t.id = c.id WHERE t.previous IS NOT NULL)
            SELECT t.grain_type, t.grain_key, t.version, t.place, d.name, k.name, a.name, t.atoms, t.reason, t.created_at
            FROM chain c JOIN transfers t ON t.id = c.id
            JOIN ledger_accounts d ON d.id = t.debit JOIN ledger_accounts k ON k.id = t.credit JOIN ledger_assets a ON a.id = t.asset
            """).Bind(1, grain.Type).Bind(2, grain.Key);
        var transfers = new List<StoredTransfer>();
        while (select.Step())
        {
            Invariant.That(select.GetText(0) == grain.Type && select.GetText(1) == grain.Key, "A chain of ledger rows belongs to one grain.");
            var transfer = new Transfer(select.GetText(4), select.GetText(5), select.GetText(6), Atoms(select, 7), select.GetText(8));
            transfers.Add(new StoredTransfer(grain, select.GetInt64(2), checked((int)select.GetInt64(3)), transfer, StoredTime.ToTime(select.GetInt64(9))));
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
            WITH asked (account, asset) AS (SELECT d.id, a.id FROM ledger_accounts d, ledger_assets a WHERE d.name = ?1 AND a.name = ?2)
            SELECT 1, t.atoms FROM asked q CROSS JOIN transfers t WHERE t.credit = q.account AND t.asset = q.asset
            UNION ALL
            SELECT 0, t.atoms FROM asked q CROSS JOIN transfers t WHERE t.debit = q.account AND t.asset = q.asset
            """).Bind(1, asked.Account).Bind(2, asked.Asset);
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
        var select = connection.Statement("SELECT name FROM ledger_assets WHERE id = ?").Bind(1, number);
        var name = select.Step() ? select.GetText(0) : string.Create(CultureInfo.InvariantCulture, $"unknown:{number}");
        select.Reset();
        return name;
    }
}
