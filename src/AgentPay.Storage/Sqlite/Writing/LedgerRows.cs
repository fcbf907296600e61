using System.Globalization;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>Writes ledger rows, in the order decided, each after the one before of its grain and of its two accounts.</summary>
internal sealed class LedgerRows(SqliteConnection connection, Words words, int changesMin)
{
    private const string Insert = """
        INSERT INTO transfers (id, grain, version, place, debit, credit, asset, reason, previous, previous_debit, previous_credit, created_at, atoms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """;

    private readonly LedgerAccounts _accounts = new(connection, changesMin);

    private long _last = -1;
    private int _written;

    internal void Write(Commit commit, GrainRow row)
    {
        if (commit.Transfers.Count == 0)
        {
            return;
        }

        if (_last < 0)
        {
            _last = connection.ReadInt64("SELECT coalesce(max(id), 0) FROM transfers");
            _accounts.ReadMoved();
        }

        Span<char> atoms = stackalloc char[40];
        for (var place = 0; place < commit.Transfers.Count; place++)
        {
            var transfer = commit.Transfers[place];
            transfer.Atoms.TryFormat(atoms, out var digits, provider: CultureInfo.InvariantCulture);
            var asset = words.Number(transfer.Asset);
            var (debit, credit) = (_accounts.Head(transfer.Debit, asset), _accounts.Head(transfer.Credit, asset));
            connection.Statement(Insert)
                .Bind(1, ++_last).Bind(2, row.Number).Bind(3, commit.ExpectedVersion + 1).Bind(4, place)
                .Bind(5, debit.Account).Bind(6, credit.Account).Bind(7, asset).Bind(8, words.Number(transfer.Reason))
                .Bind(9, row.LastTransfer).Bind(10, debit.LastTransfer).Bind(11, credit.LastTransfer)
                .Bind(12, StoredTime.From(commit.DecidedAt)).Bind(13, atoms[..digits])
                .Execute();
            _written++;
            row.LastTransfer = _last;
            _accounts.Move(debit, _last);
            _accounts.Move(credit, _last);
        }
    }

    internal void Begin()
    {
        _written = 0;
        _accounts.Begin();
    }

    internal void Flush()
    {
        if (_written > 0)
        {
            _accounts.Flush(_written, _last);
        }
    }

    /// <summary>Forgets what was remembered: the transaction it came from was rolled back.</summary>
    internal void Forget()
    {
        _last = -1;
        _accounts.Forget();
    }
}
