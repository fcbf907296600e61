using AgentPay.Chains.Evm;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Journal;
using AgentPay.Grains.Methods;
using AgentPay.Storage.Contract;
using AgentPay.X402;

namespace AgentPay.Grains.Facilitator;

/// <summary>
/// What each payer has under way in this process: checked, and neither paid nor given up nor proven unpaid. Every one of them may still fail and cost the engine
/// its gas, so each counts as a possible failure (<see cref="FailureBudget.RequireRoom"/>), and together they may not promise more than the payer holds: alone each
/// of a hundred payments passes its simulation although the money is there for one. In memory, as the budget is.
/// </summary>
internal sealed class PaymentsUnderWay(FailureBudget budget, IAtomicStore store, ProcessIdentity process, TimeProvider clock)
{
    /// <summary>How long a balance counts: the simulation of each payment is newer.</summary>
    private static readonly TimeSpan BalanceAge = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest a payment counts whose end nobody told.</summary>
    private static readonly TimeSpan CountedMax = TimeSpan.FromHours(1);
    private static readonly TimeSpan ForgetPeriod = TimeSpan.FromMinutes(1);
    private const int PayersMax = 100_000;
    private const int LooksMax = 2;

    /// <summary>The most rows one call reads of a payer's payments that ended elsewhere; the oldest first, the others with the next calls.</summary>
    private const int RowsMax = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Payer> payers = [];
    private long forgotAt = clock.GetTimestamp();

    /// <summary>Counts a payment that the chain accepts by itself. Ends with <see cref="Leave"/>, or with <see cref="Keep"/> and the settlement's end.</summary>
    /// <returns>Null, or the code of the refusal.</returns>
    /// <exception cref="FailureBudgetExceededException">Too much of this payer is undecided.</exception>
    public async Task<string?> EnterAsync(PreparedPayment payment, IEvmChain chain, CancellationToken cancellationToken)
    {
        await EndWhatEndedElsewhereAsync(payment.Terms.Payer, cancellationToken);
        if (TryEnter(payment))
        {
            return null;
        }

        for (var look = 0; look < LooksMax; look++)
        {
            // What the chain shows used is in its balance already; asked before the balance, so that nothing is missing from both.
            var used = look == 0 ? [] : await ReadUsedAsync(payment, chain, cancellationToken);
            var balance = await chain.ReadTokenBalanceAsync(Address.Parse(payment.Terms.Token), Address.Parse(payment.Terms.Payer), cancellationToken);
            lock (gate)
            {
                Note(payment.Terms, balance, used);
            }

            if (TryEnter(payment))
            {
                return null;
            }
        }

        return payment.Permit2 is null ? ErrorCodes.InvalidExactEvmInsufficientBalance : ErrorCodes.Permit2InsufficientBalance;
    }

    /// <summary>The one who entered goes; what it did not reserve no longer counts.</summary>
    public void Leave(PreparedPayment payment)
    {
        lock (gate)
        {
            if (payment.IsCounted && Find(payment.Terms.Payer, payment.Id) is { } entry && --entry.Holders == 0 && !entry.IsReserved)
            {
                Remove(payment.Terms.Payer, payment.Id);
            }
        }
    }

    /// <summary>It was reserved: it counts until its settlement ends, whoever waits.</summary>
    public void Keep(PreparedPayment payment)
    {
        lock (gate)
        {
            if (Find(payment.Terms.Payer, payment.Id) is { } entry)
            {
                entry.IsReserved = true;
            }
        }
    }

    /// <summary>A settlement ended.</summary>
    /// <returns>False: it was not under way here, or had ended before.</returns>
    public bool End(Settlement settlement)
    {
        var terms = settlement.Terms;
        lock (gate)
        {
            var ended = Remove(terms.Payer, settlement.Id);
            if (ended is { IsUsed: false } && settlement.IsPaid && payers.TryGetValue(terms.Payer, out var payer)
                && payer.Balances.TryGetValue(terms.Asset, out var known))
            {
                payer.Balances[terms.Asset] = known with { Atoms = known.Atoms > terms.Atoms ? known.Atoms - terms.Atoms : UInt256.Zero };
            }

            return ended is not null;
        }
    }

    /// <summary>It ended where another process decides for it: what it cost or paid counts here too, where its payer's next payment is asked for.</summary>
    public void EndElsewhere(Settlement settlement)
    {
        if (End(settlement))
        {
            budget.Ended(settlement);
        }
    }

    /// <summary>Where another process decides, nobody here hears what became of a payment that nobody waits for any more.</summary>
    private async Task EndWhatEndedElsewhereAsync(string name, CancellationToken cancellationToken)
    {
        GrainRef[] left;
        lock (gate)
        {
            if (process.IsAlone || !payers.TryGetValue(name, out var payer) || (payer.ReadAt is { } at && clock.GetElapsedTime(at) < BalanceAge))
            {
                return;
            }

            left = [.. payer.Entries.Where(static entry => entry.Value is { IsReserved: true, Holders: 0 }).OrderBy(static entry => entry.Value.Since).Take(RowsMax)
                .Select(static entry => new GrainRef(SettlementId.GrainType, entry.Key))];
            if (left.Length == 0)
            {
                return;
            }

            payer.ReadAt = clock.GetTimestamp();
        }

        foreach (var row in await store.ReadManyAsync(left, cancellationToken))
        {
            if (row is not null && StoredForms.Settlements.Read(row.State.Span, []) is { IsDecided: true } settlement)
            {
                EndElsewhere(settlement);
            }
        }
    }

    private bool TryEnter(PreparedPayment payment)
    {
        var terms = payment.Terms;
        lock (gate)
        {
            Forget();
            var payer = payers.GetValueOrDefault(terms.Payer);
            if (payer?.Entries.GetValueOrDefault(payment.Id) is { } same)
            {
                same.Holders++;
                return true;
            }

            budget.RequireRoom(terms.Payer, payer?.Entries.Count ?? 0);
            if (payer is not null && !HoldsAllOf(payer, terms))
            {
                return false;
            }

            payer ??= payers[terms.Payer] = new Payer();
            payer.Entries.Add(payment.Id, new Entry(terms, clock.GetTimestamp()) { Holders = 1 });
            return true;
        }
    }

    /// <summary>True when nothing else of this asset is under way (the simulation saw the money), or a fresh balance covers it all.</summary>
    private bool HoldsAllOf(Payer payer, SettlementTerms terms)
    {
        var promised = UInt256.Zero;
        foreach (var entry in payer.Entries.Values)
        {
            promised += !entry.IsUsed && entry.Asset == terms.Asset ? entry.Atoms : UInt256.Zero;
        }

        return promised.IsZero
            || (payer.Balances.TryGetValue(terms.Asset, out var known) && clock.GetElapsedTime(known.ReadAt) < BalanceAge && promised + terms.Atoms <= known.Atoms);
    }

    private void Note(SettlementTerms terms, UInt256 balance, HashSet<SettlementTerms> used)
    {
        if (payers.TryGetValue(terms.Payer, out var payer))
        {
            payer.Balances[terms.Asset] = (balance, clock.GetTimestamp());
            foreach (var entry in payer.Entries.Values.Where(entry => entry.Asset == terms.Asset && used.Contains(entry.Terms)))
            {
                entry.IsUsed = true;
            }
        }
    }

    /// <summary>Which of this payer's are mined and not reported yet. Asked once for all who need it in a while: a payer without money must not make the engine ask for masses.</summary>
    private async Task<HashSet<SettlementTerms>> ReadUsedAsync(PreparedPayment payment, IEvmChain chain, CancellationToken cancellationToken)
    {
        SettlementTerms[] open;
        lock (gate)
        {
            if (!payers.TryGetValue(payment.Terms.Payer, out var payer) || (payer.LookedAt is { } at && clock.GetElapsedTime(at) < BalanceAge))
            {
                return [];
            }

            payer.LookedAt = clock.GetTimestamp();
            open = [.. payer.Entries.Values.Where(entry => !entry.IsUsed && entry.Asset == payment.Terms.Asset).Select(entry => entry.Terms)];
        }

        var states = await Task.WhenAll(open.Select(terms => TransferMethods.Of(terms).IsUsedAsync(chain, terms, null, cancellationToken)));
        return [.. open.Where((_, i) => states[i])];
    }

    private Entry? Find(string payer, string id) => payers.GetValueOrDefault(payer)?.Entries.GetValueOrDefault(id);

    private Entry? Remove(string name, string id)
    {
        if (!payers.TryGetValue(name, out var payer) || !payer.Entries.Remove(id, out var entry))
        {
            return null;
        }

        if (payer.Entries.Count == 0)
        {
            payers.Remove(name);
        }

        return entry;
    }

    /// <summary>Drops what nobody ended; rarely, because nearly all end by themselves.</summary>
    private void Forget()
    {
        if (clock.GetElapsedTime(forgotAt) < ForgetPeriod && payers.Count < PayersMax)
        {
            return;
        }

        forgotAt = clock.GetTimestamp();
        foreach (var (name, payer) in payers.ToArray())
        {
            foreach (var id in payer.Entries.Where(entry => clock.GetElapsedTime(entry.Value.Since) > CountedMax).Select(entry => entry.Key).ToArray())
            {
                Remove(name, id);
            }
        }
    }

    private sealed class Payer
    {
        public Dictionary<string, Entry> Entries { get; } = [];

        public Dictionary<string, (UInt256 Atoms, long ReadAt)> Balances { get; } = [];

        public long? LookedAt { get; set; }

        public long? ReadAt { get; set; }
    }

    private sealed class Entry(SettlementTerms terms, long since)
    {
        public SettlementTerms Terms => terms;

        public string Asset { get; } = terms.Asset;

        public UInt256 Atoms => terms.Atoms;

        public long Since => since;

        public int Holders { get; set; }

        public bool IsReserved { get; set; }

        public bool IsUsed { get; set; }
    }
}
