using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Facilitator;

/// <summary>What one payer promised in this process, and what it held when it was asked for. Not thread-safe: its owner holds a lock.</summary>
internal sealed class PayerAccount(TimeProvider clock)
{
    /// <summary>How long it counts what a payer held: the simulation of each payment is newer.</summary>
    public static readonly TimeSpan ReadingAge = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, (UInt256 Atoms, long ReadAt)> balances = [];
    private readonly Dictionary<string, UInt256> spent = [];
    private readonly List<PayerLook> looks = [];

    /// <summary>What is under way, by settlement.</summary>
    public Dictionary<string, PaymentUnderWay> Payments { get; } = [];

    /// <summary>When it was last read what became of those that ended elsewhere.</summary>
    public long? ReadAt { get; set; }

    /// <summary>Callers that ask what it holds.</summary>
    public int Askers { get; set; }

    /// <summary>True when nothing is under way, and nobody asks whether more may be.</summary>
    public bool IsOver => Payments.Count == 0 && Askers == 0;

    /// <summary>
    /// True when what it lately held covers this payment with all others of this asset. Nothing is known and nothing else under way: the simulation saw the money.
    /// </summary>
    public bool CanPay(SettlementTerms terms)
    {
        var promised = Promised(terms.Asset, static _ => true);
        return (balances.TryGetValue(terms.Asset, out var balance) && IsFresh(balance.ReadAt) ? promised + terms.Atoms <= balance.Atoms : promised.IsZero)
            || looks.Exists(look => look.Asset == terms.Asset && IsFresh(look) && CanPay(terms, look));
    }

    /// <summary>True when what it held at that look covers this payment with all that were not paid by then.</summary>
    public bool CanPay(SettlementTerms terms, PayerLook look) => Promised(terms.Asset, id => !look.Shows(id)) + terms.Atoms <= look.Left;

    /// <summary>Atoms of payments that ended as paid so far.</summary>
    public UInt256 Spent(string asset) => spent.GetValueOrDefault(asset);

    /// <summary>
    /// Notes a balance. What is mined and not reported is missing from it and promised still: it can prove that a payer has the money, and never that it has not.
    /// </summary>
    /// <param name="asset">Of which.</param>
    /// <param name="balance">As the node told it.</param>
    /// <param name="spentBefore">What was <see cref="Spent"/> before the node was asked: what was since may be in the balance still.</param>
    public void Note(string asset, UInt256 balance, UInt256 spentBefore) =>
        balances[asset] = (balance.LessAtMost(Spent(asset) - spentBefore), clock.GetTimestamp());

    /// <summary>The look that is under way, or still counts; else a new one. The caller waits for it until it says <see cref="Leave"/>.</summary>
    public PayerLook LookAt(SettlementTerms terms, IEvmChain chain, Lock gate)
    {
        Forget();
        var look = looks.Find(look => look.Asset == terms.Asset && (!look.Done.IsCompleted || IsFresh(look)));
        if (look is null)
        {
            looks.Add(look = new PayerLook(this, terms, chain, gate, clock));
        }

        look.Waiters++;
        return look;
    }

    /// <summary>One who waited for a look has been told.</summary>
    public void Leave(PayerLook look)
    {
        look.Waiters--;
        Forget();
    }

    /// <summary>One of its payments ended as paid.</summary>
    public void Pay(string id, SettlementTerms terms)
    {
        spent[terms.Asset] = Spent(terms.Asset) + terms.Atoms;
        if (balances.TryGetValue(terms.Asset, out var known))
        {
            balances[terms.Asset] = known with { Atoms = known.Atoms.LessAtMost(terms.Atoms) };
        }

        Forget();
        foreach (var look in looks.Where(look => look.Asset == terms.Asset))
        {
            look.Pay(id, terms);
        }
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

    /// <summary>Drops looks that count for nobody any more: each remembers what is paid after it.</summary>
    private void Forget() => looks.RemoveAll(look => look.Waiters == 0 && look.Done.IsCompleted && !IsFresh(look));

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
