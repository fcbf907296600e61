using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Signers;

/// <content>What a signer decides about gas money for payers whose approvals it waits for. Every method is pure.</content>
public sealed partial record Signer
{
    /// <summary>Wei that may still be given on this UTC day, with what giving costs.</summary>
    public UInt128 GasMoneyLeft(GasMoneyLimits limits, DateTimeOffset now) => GasMoneyOn(now) is var given && limits.PerDayMax > given ? limits.PerDayMax - given : 0;

    /// <summary>Wei that were given on this UTC day, by when it was signed, with what the transactions that gave them cost at most. A clock that goes back begins no day again.</summary>
    public UInt128 GasMoneyOn(DateTimeOffset now) => GasMoneyDay >= DayOf(now) ? GasMoneyToday : 0;

    /// <summary>
    /// Whether this payer would be given what it lacks. Who was given some without an approval after it gets no more while that can be seen: until the gift is final.
    /// </summary>
    /// <param name="work">What waits for its approval; null for a payment that is not here yet.</param>
    /// <param name="need">What it lacks.</param>
    /// <param name="funds">Wei that the key owns.</param>
    /// <param name="limits">The operator's, at the fees of the moment; without <see cref="SendingLimits.GasMoney"/> none is given.</param>
    /// <param name="now">The time.</param>
    public GiftVerdict JudgeGift(SettlementWork? work, GasNeed need, UInt128 funds, SendingLimits limits, DateTimeOffset now)
    {
        if (Transactions.Values.FirstOrDefault(transaction => transaction.Gift is { Used: false } gift && gift.Payer == need.Payer) is { } earlier)
        {
            return earlier.Block is null ? GiftVerdict.Waits : GiftVerdict.Refused;
        }

        return work is { GiftNonce: not null } || limits.GasMoney is not { } money || !need.IsWithin(money) || TransactionGas.Empty > GasLeft(limits, now) ? GiftVerdict.Refused
            : !Covers(GasMoneyLeft(money, now), need.Missing, money.GiftGas) ? GiftVerdict.Spent
            : !Covers(funds, need.Missing, money.GiftGas, money.Reserve, OnItsWay()) ? GiftVerdict.Unfunded
            : GiftVerdict.Fits;
    }

    /// <summary>
    /// Gives a payer the coins it lacks for the approval that this work waits for, once for the work: it remembers the gift in the same commit, and a gift whose nonce
    /// another transaction took is not made again. Nothing happens while nothing can be signed, or there is no room or no gas left.
    /// </summary>
    /// <param name="ticket">Of the work.</param>
    /// <param name="need">What its payer lacks.</param>
    /// <param name="funds">Wei that the key owns.</param>
    /// <param name="pen">Signs; null while nothing can be signed.</param>
    /// <param name="now">The time.</param>
    public Outcome<Signer> Give(long ticket, GasNeed need, UInt128 funds, TransactionPen? pen, DateTimeOffset now)
    {
        var draft = new SignerDraft(this);
        if (Synced && pen is not null && Waiting.TryGetValue(ticket, out var work) && work.IsHeld && work.Terms.Payer == need.Payer
            && work.Terms.ExpiresAt >= now + SendMargin && JudgeGift(work, need, funds, pen.Limits, now) == GiftVerdict.Fits)
        {
            draft.Give(ticket, need.Missing, pen, now);
        }

        return draft.Decide();
    }

    /// <summary>The gift that another form of a transaction makes: none any more when no work waits for it.</summary>
    private GasGift? GiftOf(SignerTransaction transaction) =>
        transaction.Gift is { } gift && Waiting.Values.Any(work => work.IsHeld && work.GiftNonce == transaction.Nonce) ? gift : null;

    /// <summary>Wei that what is in no block takes from the key at most.</summary>
    private UInt128 OnItsWay() => Transactions.Values.Where(static transaction => transaction.Block is null).Aggregate(
        UInt128.Zero, static (sum, transaction) => sum + (TransactionGas.Of(transaction.Settlements) * transaction.Newest.MaxFee) + (transaction.Gift?.Wei ?? 0));

    private static bool Covers(UInt128 purse, params ReadOnlySpan<UInt128> costs)
    {
        foreach (var cost in costs)
        {
            if (cost > purse)
            {
                return false;
            }

            purse -= cost;
        }

        return true;
    }
}
