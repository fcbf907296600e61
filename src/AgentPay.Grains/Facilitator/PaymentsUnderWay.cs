using AgentPay.Chains.Evm;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Journal;
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
    /// <summary>The longest a payment counts whose end nobody told.</summary>
    private static readonly TimeSpan CountedMax = TimeSpan.FromHours(1);
    private static readonly TimeSpan ForgetPeriod = TimeSpan.FromMinutes(1);
    private const int PayersMax = 100_000;

    /// <summary>The most rows one call reads of a payer's payments that ended elsewhere; the oldest first, the others with the next calls.</summary>
    private const int RowsMax = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<string, PayerAccount> payers = [];
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

        var payer = Ask(payment.Terms.Payer);
        try
        {
            return await TryEnterByBalanceAsync(payer, payment, chain, cancellationToken) || await TryEnterByLookAsync(payer, payment, chain, cancellationToken) ? null
                : payment.Permit2 is null ? ErrorCodes.InvalidExactEvmInsufficientBalance
                : ErrorCodes.Permit2InsufficientBalance;
        }
        finally
        {
            lock (gate)
            {
                payer.Askers--;
                DropIfOver(payment.Terms.Payer);
            }
        }
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
        var payer = settlement.Terms.Payer;
        lock (gate)
        {
            if (Find(payer, settlement.Id) is not { } ended)
            {
                return false;
            }

            if (settlement.IsPaid)
            {
                payers[payer].Pay(settlement.Id, ended.Terms);
            }

            Remove(payer, settlement.Id);
            return true;
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
            if (process.IsAlone || !payers.TryGetValue(name, out var payer) || (payer.ReadAt is { } at && clock.GetElapsedTime(at) < PayerAccount.ReadingAge))
            {
                return;
            }

            left = [.. payer.Payments.Where(static entry => entry.Value is { IsReserved: true, Holders: 0 }).OrderBy(static entry => entry.Value.Since).Take(RowsMax)
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

    /// <summary>The account, which stays until the one who asks has gone: what ends meanwhile is told to it.</summary>
    private PayerAccount Ask(string name)
    {
        lock (gate)
        {
            var payer = payers.GetValueOrDefault(name) ?? (payers[name] = new PayerAccount(clock));
            payer.Askers++;
            return payer;
        }
    }

    /// <summary>Enough for nearly everyone, and one call.</summary>
    private async Task<bool> TryEnterByBalanceAsync(PayerAccount payer, PreparedPayment payment, IEvmChain chain, CancellationToken cancellationToken)
    {
        var terms = payment.Terms;
        UInt256 spent;
        lock (gate)
        {
            spent = payer.Spent(terms.Asset);
        }

        var balance = await chain.ReadTokenBalanceAsync(Address.Parse(terms.Token), Address.Parse(terms.Payer), null, cancellationToken);
        lock (gate)
        {
            payer.Note(terms.Asset, balance, spent);
        }

        return TryEnter(payment);
    }

    /// <summary>Nobody is refused by less than a look at everything in one block, and a payer without the money makes the engine take one in a while.</summary>
    private async Task<bool> TryEnterByLookAsync(PayerAccount payer, PreparedPayment payment, IEvmChain chain, CancellationToken cancellationToken)
    {
        PayerLook look;
        lock (gate)
        {
            look = payer.LookAt(payment.Terms, chain, gate);
        }

        look.Begin();
        try
        {
            await look.Done.WaitAsync(cancellationToken);
            return TryEnter(payment, look);
        }
        finally
        {
            lock (gate)
            {
                payer.Leave(look);
            }
        }
    }

    /// <summary>By what is known of the payer, or by that look alone.</summary>
    private bool TryEnter(PreparedPayment payment, PayerLook? look = null)
    {
        var terms = payment.Terms;
        lock (gate)
        {
            Forget();
            var payer = payers.GetValueOrDefault(terms.Payer) ?? new PayerAccount(clock);
            if (payer.Payments.GetValueOrDefault(payment.Id) is { } same)
            {
                same.Holders++;
                return true;
            }

            budget.RequireRoom(terms.Payer, payer.Payments.Count);
            if (!(look is null ? payer.CanPay(terms) : payer.CanPay(terms, look)))
            {
                return false;
            }

            payers[terms.Payer] = payer;
            payer.Payments.Add(payment.Id, new PaymentUnderWay(terms, clock.GetTimestamp()) { Holders = 1 });
            return true;
        }
    }

    private PaymentUnderWay? Find(string payer, string id) => payers.GetValueOrDefault(payer)?.Payments.GetValueOrDefault(id);

    private void Remove(string name, string id)
    {
        if (payers.TryGetValue(name, out var payer) && payer.Payments.Remove(id))
        {
            DropIfOver(name);
        }
    }

    private void DropIfOver(string name)
    {
        if (payers.TryGetValue(name, out var payer) && payer.IsOver)
        {
            payers.Remove(name);
        }
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
            foreach (var id in payer.Payments.Where(entry => clock.GetElapsedTime(entry.Value.Since) > CountedMax).Select(entry => entry.Key).ToArray())
            {
                Remove(name, id);
            }
        }
    }
}
