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

    /// <summary>The file has a row for it.</summary>
    internal bool IsStored { get; set; }

    internal bool Changed { get; set; }
}

/// <summary>Ledger accounts by name; the newest are remembered.</summary>
internal sealed class LedgerAccounts(SqliteConnection connection)
{
    private const string SelectAccount = "SELECT id FROM ledger_accounts WHERE name_hash = ?1 AND name = ?2";
    private const string InsertAccount = "INSERT INTO ledger_accounts (name_hash, name) VALUES (?1, ?2) RETURNING id";
    private const string SelectHead = "SELECT last_transfer FROM ledger_heads WHERE account = ?1 AND asset = ?2";
    private const string InsertHead = "INSERT INTO ledger_heads (account, asset, last_transfer) VALUES (?1, ?2, ?3)";
    private const string UpdateHead = "UPDATE ledger_heads SET last_transfer = ?3 WHERE account = ?1 AND asset = ?2";

    private const int RememberedMax = 32_768;

    private readonly Dictionary<string, LedgerAccount> _accounts = new(StringComparer.Ordinal);
    private readonly List<LedgerHead> _changed = [];

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

        account.Heads.Add(head);
        return head;
    }

    internal void Move(LedgerHead head, long transfer)
    {
        head.LastTransfer = transfer;
        if (!head.Changed)
        {
            head.Changed = true;
            _changed.Add(head);
        }
    }

    internal void Flush()
    {
        _changed.Sort(static (one, other) => one.Account.CompareTo(other.Account));
        foreach (var head in _changed)
        {
            connection.Statement(head.IsStored ? UpdateHead : InsertHead)
                .Bind(1, head.Account).Bind(2, head.Asset).Bind(3, head.LastTransfer).Execute();
            head.IsStored = true;
            head.Changed = false;
        }

        _changed.Clear();
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
        _changed.Clear();
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
