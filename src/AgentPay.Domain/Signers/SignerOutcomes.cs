using System.Collections.Immutable;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Signers;

/// <content>What a signer decides about what the chain did with its transactions. Every method is pure.</content>
public sealed partial record Signer
{
    /// <summary>A form of this nonce was mined; each settlement inside is told what the receipt proves.</summary>
    /// <param name="nonce">Which transaction; one that is final already changes nothing.</param>
    /// <param name="hash">The form that was mined.</param>
    /// <param name="block">Where.</param>
    /// <param name="reports">One command a settlement, in the order of <see cref="SignerTransaction.Settlements"/>.</param>
    /// <param name="isStarved">
    /// The transaction used nearly all of its gas: a call that failed in company may have failed for want of it. With gas to spare it failed on its own merit.
    /// </param>
    public Outcome<Signer> Mined(ulong nonce, string hash, BlockReference block, ImmutableArray<SettlementCommand> reports, bool isStarved = false)
    {
        if (!Transactions.TryGetValue(nonce, out var transaction) || transaction.Block == block)
        {
            return Outcome<Signer>.Unchanged(this);
        }

        Invariant.That(reports.Length == transaction.Settlements.Length, "Each settlement of a mined transaction gets its own report.");
        var draft = new SignerDraft(this);
        var isShared = transaction.Settlements.Length > 1;
        var absent = transaction.Settlements.Select((work, i) => IsUnused(reports[i]) && transaction.IsLeftOutOf(hash, work)).ToArray();
        var leftOut = reports.Select((report, i) => isShared && isStarved && IsUnused(report) && !absent[i]).ToArray();
        var companyMax = Math.Max(1, leftOut.Count(static isLeftOut => isLeftOut) / 2);
        var settlements = transaction.Settlements.ToBuilder();
        for (var i = 0; i < reports.Length; i++)
        {
            var work = settlements[i];
            if (transaction.Block is { } before && reports[i] is not ConfirmSettlement)
            {
                // Nobody told that the block it was in is lost, and what it did there it did not do here.
                draft.Tell(work, new UndoSettlement(before));
            }

            if (absent[i])
            {
                // Nothing was tried for it.
                settlements[i] = work with { Moved = true };
                if (!work.Moved)
                {
                    draft.Wait(work);
                }
            }
            else if (leftOut[i])
            {
                // The first to fail may have burned what the others lacked: it goes alone, and the others in half the company.
                settlements[i] = work with { Moved = true };
                if (!work.Moved)
                {
                    draft.Wait(work with { CompanyMax = i == Array.IndexOf(leftOut, true) ? 1 : companyMax });
                }
            }
            else if (!(work.Moved && IsUnused(reports[i])))
            {
                draft.Tell(work, reports[i]);
            }
        }

        draft.Unsettle(nonce);
        draft.Put(transaction with { Block = block, MinedHash = hash, Settlements = settlements.ToImmutable() });
        return draft.Decide();
    }

    /// <summary>The block of a mined transaction is lost: it is on its way again, with the bytes it has.</summary>
    public Outcome<Signer> Lost(ulong nonce, BlockReference block)
    {
        if (!Transactions.TryGetValue(nonce, out var transaction) || transaction.Block != block)
        {
            return Outcome<Signer>.Unchanged(this);
        }

        var draft = new SignerDraft(this);
        draft.Put(transaction with { Block = null, MinedHash = null });
        foreach (var work in transaction.Settlements)
        {
            draft.Tell(work, new UndoSettlement(block));
        }

        draft.Unsettle(nonce);
        return draft.Decide();
    }

    /// <summary>
    /// Blocks up to the one that holds the transaction before <paramref name="to"/> are safe: each settlement inside hears it once, and again after its block was lost.
    /// </summary>
    public Outcome<Signer> Safe(ulong to)
    {
        var draft = new SignerDraft(this);
        foreach (var (nonce, transaction) in Transactions.SkipWhile(entry => entry.Key < SafeTo).TakeWhile(entry => entry.Key < to))
        {
            if (transaction.Block is not { } block)
            {
                to = nonce;
                break;
            }

            foreach (var work in transaction.Settlements)
            {
                draft.Tell(work, new DeepenSettlement(Final: false, block));
            }
        }

        if (to > SafeTo)
        {
            draft.SettleTo(to);
        }

        return draft.Decide();
    }

    /// <summary>Transactions mined in a block that can no longer be lost: their settlements rest and their rows go.</summary>
    public Outcome<Signer> Final(ImmutableArray<ulong> nonces)
    {
        var draft = new SignerDraft(this);
        foreach (var nonce in nonces)
        {
            if (Transactions.TryGetValue(nonce, out var transaction) && transaction.Block is { } block)
            {
                draft.Remove(nonce);
                foreach (var work in transaction.Settlements)
                {
                    draft.Tell(work, new DeepenSettlement(Final: true, block));
                }
            }
        }

        return draft.Decide();
    }

    private static bool IsUnused(SettlementCommand report) => report is FailSettlement { Code: SettlementRefusals.TransactionFailed };
}
