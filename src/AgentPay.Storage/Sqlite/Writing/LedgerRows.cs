using System.Globalization;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Writes ledger rows, in the order decided, each after the one before of its grain.</summary>
internal sealed class LedgerRows(SqliteConnection connection)
{
    private const string Insert = """
        INSERT INTO transfers (id, previous, grain_type, grain_key, version, place, debit, credit, asset, atoms, reason, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        """;

    private readonly NameNumbers _accounts = new(
        connection, "SELECT id FROM ledger_accounts WHERE name = ?", "INSERT INTO ledger_accounts (name) VALUES (?) RETURNING id");

    private readonly NameNumbers _assets = new(
        connection, "SELECT id FROM ledger_assets WHERE name = ?", "INSERT INTO ledger_assets (name) VALUES (?) RETURNING id");

    private long _last = -1;

    internal void Write(Commit commit, GrainRow row)
    {
        if (commit.Transfers.Count == 0)
        {
            return;
        }

        if (_last < 0)
        {
            _last = connection.ReadInt64("SELECT coalesce(max(id), 0) FROM transfers");
        }

        Span<char> atoms = stackalloc char[40];
        for (var place = 0; place < commit.Transfers.Count; place++)
        {
            var transfer = commit.Transfers[place];
            transfer.Atoms.TryFormat(atoms, out var digits, provider: CultureInfo.InvariantCulture);
            connection.Statement(Insert)
                .Bind(1, ++_last).Bind(2, row.LastTransfer).Bind(3, commit.Grain.Type).Bind(4, commit.Grain.Key)
                .Bind(5, commit.ExpectedVersion + 1).Bind(6, place)
                .Bind(7, _accounts.Number(transfer.Debit)).Bind(8, _accounts.Number(transfer.Credit)).Bind(9, _assets.Number(transfer.Asset))
                .Bind(10, atoms[..digits]).Bind(11, transfer.Reason).Bind(12, StoredTime.From(commit.DecidedAt))
                .Execute();
            row.LastTransfer = _last;
        }
    }

    /// <summary>Forgets what was remembered: the transaction it came from was rolled back.</summary>
    internal void Forget()
    {
        _last = -1;
        _accounts.Forget();
        _assets.Forget();
    }
}
