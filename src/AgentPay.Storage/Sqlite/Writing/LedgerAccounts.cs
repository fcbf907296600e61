using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>A ledger account's number, and its newest row in each asset it was seen with.</summary>
internal sealed class LedgerAccount(long number, bool isNew)
{
    internal long Number => number;

    /// <summary>Made since it is remembered: an asset it was not seen with has no row yet.</summary>
    internal bool IsNew => isNew;

    internal List<LedgerHead> Heads { get; } = [];
}

/// <summary>The newest ledger row of an account in an asset.</summary>
internal sealed class LedgerHead(long account, long asset)
{
    internal long Account => account;

    internal long Asset => asset;

    internal long? LastTransfer { get; set; }

    /// <summary>The file is known to have a row for it.</summary>
    internal bool IsStored { get; set; }
}

/// <summary>
/// Ledger accounts by name; the newest are remembered. Heads that moved come to their places together (<see cref="GatheredRounds{TItem}"/>); until then the
/// transfers tell them.
/// </summary>
internal sealed class LedgerAccounts(SqliteConnection connection, int changesMin)
{
    private const string SelectAccount = "SELECT id FROM ledger_accounts WHERE name_hash = ?1 AND name = ?2";
    private const string InsertAccount = "INSERT INTO ledger_accounts (name_hash, name) VALUES (?1, ?2) RETURNING id";
    private const string SelectHead = "SELECT last_transfer FROM ledger_heads WHERE account = ?1 AND asset = ?2";
    private const string SelectMoved = "SELECT id, debit, credit, asset FROM transfers WHERE id > (SELECT heads_to FROM marks) ORDER BY id";
    private const string UpdateMark = "UPDATE marks SET heads_to = ?1";

    private const string Upsert = """
        INSERT INTO ledger_heads (account, asset, last_transfer) VALUES (?1, ?2, ?3) ON CONFLICT (account, asset) DO UPDATE SET last_transfer = excluded.last_transfer
        """;

    private const string UpdateHead = "UPDATE ledger_heads SET last_transfer = ?3 WHERE account = ?1 AND asset = ?2";

    private const int RememberedMax = 32_768;

    private readonly Dictionary<string, LedgerAccount> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<(long Account, long Asset), LedgerHead> _moved = [];
    private readonly GatheredRounds<LedgerHead> _rounds = new(changesMin);

    internal LedgerHead Head(string name, long asset)
    {
        var account = Account(name);
        foreach (var known in account.Heads)
        {
            if (known.Asset == asset)
            {
                return known;
            }
        }

        var head = _moved.TryGetValue((account.Number, asset), out var moved) ? moved : Load(account, asset);
        account.Heads.Add(head);
        return head;
    }

    internal void Move(LedgerHead head, long transfer)
    {
        head.LastTransfer = transfer;
        _moved[(head.Account, head.Asset)] = head;
    }

    /// <summary>Ends a batch that wrote so many transfers, the newest of them <paramref name="last"/>.</summary>
    internal void Flush(int transfers, long last)
    {
        _rounds.Add(2 * transfers, last, () => _moved.Values.OrderBy(static head => head.Account).ThenBy(static head => head.Asset));
        if (!_rounds.IsUnderWay)
        {
            return;
        }

        foreach (var head in _rounds.Take(2 * transfers))
        {
            if (_moved.Remove((head.Account, head.Asset)))
            {
                connection.Statement(head.IsStored ? UpdateHead : Upsert).Bind(1, head.Account).Bind(2, head.Asset).Bind(3, head.LastTransfer).Execute();
                head.IsStored = true;
            }
        }

        if (!_rounds.IsUnderWay)
        {
            connection.Statement(UpdateMark).Bind(1, _rounds.Until).Execute();
        }
    }

    /// <summary>A batch begins, so none of what is remembered is half-changed.</summary>
    internal void Begin()
    {
        if (_accounts.Count > RememberedMax)
        {
            _accounts.Clear();
        }
    }

    internal void Forget()
    {
        _accounts.Clear();
        _moved.Clear();
    }

    /// <summary>Reads from the transfers which heads have not come to their places.</summary>
    internal void ReadMoved()
    {
        _moved.Clear();
        var changes = 0;
        var select = connection.Statement(SelectMoved);
        while (select.Step())
        {
            var (transfer, asset) = (select.GetInt64(0), select.GetInt64(3));
            foreach (var account in (ReadOnlySpan<long>)[select.GetInt64(1), select.GetInt64(2)])
            {
                if (!_moved.TryGetValue((account, asset), out var head))
                {
                    head = _moved[(account, asset)] = new LedgerHead(account, asset);
                }

                head.LastTransfer = transfer;
                changes++;
            }
        }

        _rounds.Restart(changes);
    }

    private LedgerHead Load(LedgerAccount account, long asset)
    {
        var head = new LedgerHead(account.Number, asset);
        if (!account.IsNew)
        {
            var select = connection.Statement(SelectHead).Bind(1, account.Number).Bind(2, asset);
            if (select.Step())
            {
                head.LastTransfer = select.GetInt64(0);
                head.IsStored = true;
                select.Reset();
            }
        }

        return head;
    }

    private LedgerAccount Account(string name)
    {
        if (_accounts.TryGetValue(name, out var account))
        {
            return account;
        }

        var hash = connection.Hash.Of(name);
        account = Read(SelectAccount, hash, name, isNew: false) ?? Read(InsertAccount, hash, name, isNew: true)!;
        _accounts.Add(name, account);
        return account;
    }

    private LedgerAccount? Read(string sql, long hash, string name, bool isNew)
    {
        var statement = connection.Statement(sql).Bind(1, hash).Bind(2, name);
        if (!statement.Step())
        {
            return null;
        }

        var account = new LedgerAccount(statement.GetInt64(0), isNew);
        statement.Reset();
        return account;
    }
}
