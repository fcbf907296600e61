using System.Collections.Immutable;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Signers;

/// <content>What a signer decides. Every method is pure; <see cref="SignTransaction"/> is handed in.</content>
public sealed partial record Signer
{
    /// <summary>A key nobody used yet.</summary>
    public static Signer New(string network, string address) => new() { Network = network, Address = address };

    /// <summary>Takes work over: into a transaction at once where it can, else it waits. The fact that brings it is consumed in the same commit, so it is taken once.</summary>
    public Outcome<Signer> Take(SettlementWork work, SignTransaction? sign, DateTimeOffset now)
    {
        var draft = new SignerDraft(this);
        draft.Wait(work);
        draft.SendWaiting(sign, now);
        return draft.Decide();
    }

    /// <summary>The chain told how many transactions of this key are mined or in its pool; nonces below are never given out again.</summary>
    public Outcome<Signer> Sync(ulong chainNonce, SignTransaction? sign, DateTimeOffset now)
    {
        var draft = new SignerDraft(this);
        draft.AdoptNonce(chainNonce);
        draft.SendWaiting(sign, now);
        return draft.Decide();
    }

    /// <summary>Sends what waits, as far as there is room.</summary>
    public Outcome<Signer> SendWaiting(SignTransaction? sign, DateTimeOffset now)
    {
        var draft = new SignerDraft(this);
        draft.SendWaiting(sign, now);
        return draft.Decide();
    }

    /// <summary>A form of this nonce was mined; each settlement inside is told what the receipt proves.</summary>
    /// <param name="nonce">Which transaction; one that is final already changes nothing.</param>
    /// <param name="hash">The form that was mined.</param>
    /// <param name="block">Where.</param>
    /// <param name="reports">One command a settlement, in the order of <see cref="SignerTransaction.Settlements"/>.</param>
    public Outcome<Signer> Mined(ulong nonce, string hash, BlockReference block, ImmutableArray<SettlementCommand> reports)
    {
        if (!Transactions.TryGetValue(nonce, out var transaction) || transaction.Block == block)
        {
            return Outcome<Signer>.Unchanged(this);
        }

        Invariant.That(reports.Length == transaction.Settlements.Length, "Each settlement of a mined transaction gets its own report.");
        var draft = new SignerDraft(this);
        draft.Put(transaction with { Block = block, MinedHash = hash });
        for (var i = 0; i < reports.Length; i++)
        {
            draft.Tell(transaction.Settlements[i], reports[i]);
        }

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

        return draft.Decide();
    }

    /// <summary>
    /// Another transaction of this key took the nonce (proven deep enough): these bytes can never be mined. What it carried goes into a new transaction
    /// while there is time; else its settlement asks the chain what became of it.
    /// </summary>
    public Outcome<Signer> NonceTaken(ulong nonce, SignTransaction? sign, DateTimeOffset now)
    {
        if (!Transactions.TryGetValue(nonce, out var transaction) || transaction.Block is not null)
        {
            return Outcome<Signer>.Unchanged(this);
        }

        var draft = new SignerDraft(this);
        draft.Remove(nonce);
        foreach (var work in transaction.Settlements)
        {
            draft.Wait(work);
        }

        draft.SendWaiting(sign, now);
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
}
