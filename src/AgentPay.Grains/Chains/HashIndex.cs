using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Chains;

/// <summary>Finds the nonce of every form a signer's open transactions have. Thread-safe.</summary>
internal sealed class HashIndex
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, ulong> nonceByHash = [];
    private readonly Queue<(ulong Nonce, string Hash)> indexed = [];
    private ulong indexedTo;
    private int rewrites;

    /// <summary>How many hashes can be found.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return nonceByHash.Count;
            }
        }
    }

    public void Observe(Signer newest)
    {
        lock (gate)
        {
            var first = newest.Transactions.IsEmpty ? newest.NextNonce : newest.Transactions.Keys.First();
            if (newest.Rewrites != rewrites)
            {
                rewrites = newest.Rewrites;
                Reset();
            }

            for (indexedTo = Math.Max(indexedTo, first); indexedTo < newest.NextNonce; indexedTo++)
            {
                foreach (var form in newest.Transactions.TryGetValue(indexedTo, out var transaction) ? transaction.Forms : [])
                {
                    nonceByHash[form.Hash] = indexedTo;
                    indexed.Enqueue((indexedTo, form.Hash));
                }
            }

            while (indexed.TryPeek(out var oldest) && oldest.Nonce < first)
            {
                nonceByHash.Remove(oldest.Hash);
                indexed.Dequeue();
            }
        }
    }

    public ulong? Find(string hash)
    {
        lock (gate)
        {
            return nonceByHash.TryGetValue(hash, out var nonce) ? nonce : null;
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            Reset();
            rewrites = 0;
        }
    }

    private void Reset()
    {
        nonceByHash.Clear();
        indexed.Clear();
        indexedTo = 0;
    }
}
