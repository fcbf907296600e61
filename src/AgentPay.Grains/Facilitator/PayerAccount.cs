using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Facilitator;

/// <summary>What one payer promised in this process, and what it held when it was asked for. Not thread-safe: its owner holds a lock.</summary>
internal sealed class PayerAccount(TimeProvider clock)
{
    /// <summary>How long it counts what a payer held: the simulation of each payment is newer.</summary>
    public static readonly TimeSpan ReadingAge = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, (UInt256 Atoms, long ReadAt)> balances = [];
    private readonly Dictionary<string, PayerLook> looks = [];

    /// <summary>What is under way, by settlement.</summary>
    public Dictionary<string, PaymentUnderWay> Payments { get; } = [];

    /// <summary>When it was last read what became of those that ended elsewhere.</summary>
    public long? ReadAt { get; set; }

    /// <summary>True when nothing else of this asset is under way (the simulation saw the money), or when what it lately held covers this payment with all the others.</summary>
    public bool CanPay(SettlementTerms terms)
    {
        var promised = Promised(terms.Asset, static _ => true);
        return promised.IsZero
            || (balances.TryGetValue(terms.Asset, out var balance) && IsFresh(balance.ReadAt) && promised + terms.Atoms <= balance.Atoms)
            || (looks.TryGetValue(terms.Asset, out var look) && IsFresh(look) && CanPay(terms, look));
    }

    /// <summary>True when what it held at that look covers this payment with all that were not paid by then.</summary>
    public bool CanPay(SettlementTerms terms, PayerLook look) => Promised(terms.Asset, id => !look.Shows(id)) + terms.Atoms <= look.Left;

    /// <summary>
    /// Notes a balance. What is mined and not reported is missing from it and promised still: it can prove that a payer has the money, and never that it has not.
    /// </summary>
    public void Note(string asset, UInt256 balance) => balances[asset] = (balance, clock.GetTimestamp());

    /// <summary>The look that is under way, or still counts; else a new one.</summary>
    public PayerLook LookAt(SettlementTerms terms, IEvmChain chain, Lock gate)
    {
        if (looks.TryGetValue(terms.Asset, out var look) && (!look.Done.IsCompleted || IsFresh(look)))
        {
            return look;
        }

        return looks[terms.Asset] = new PayerLook(this, terms, chain, gate, clock);
    }

    /// <summary>One of its payments ended as paid.</summary>
    public void Pay(string id, SettlementTerms terms)
    {
        if (balances.TryGetValue(terms.Asset, out var known))
        {
            balances[terms.Asset] = known with { Atoms = known.Atoms.LessAtMost(terms.Atoms) };
        }

        looks.GetValueOrDefault(terms.Asset)?.Pay(id, terms);
    }

    private UInt256 Promised(string asset, Func<string, bool> counts)
    {
        var promised = UInt256.Zero;
        foreach (var (id, payment) in Payments)
        {
            promised += payment.Terms.Asset == asset && counts(id) ? payment.Terms.Atoms : UInt256.Zero;
        }

        return promised;
    }

    private bool IsFresh(PayerLook look) => look.DoneAt is { } at && IsFresh(at);

    private bool IsFresh(long readAt) => clock.GetElapsedTime(readAt) < ReadingAge;
}

/// <summary>A payment that is checked, and neither paid nor given up nor proven unpaid.</summary>
internal sealed class PaymentUnderWay(SettlementTerms terms, long since)
{
    public SettlementTerms Terms => terms;

    public long Since => since;

    /// <summary>Callers that wait for it.</summary>
    public int Holders { get; set; }

    public bool IsReserved { get; set; }
}
