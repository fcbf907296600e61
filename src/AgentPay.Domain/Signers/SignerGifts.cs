using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Signers;

/// <content>What a signer decides about gas money for payers whose approvals it waits for. Every method is pure.</content>
public sealed partial record Signer
{
    /// <summary>Wei that may still be given on this UTC day.</summary>
    public UInt128 GasMoneyLeft(GasMoneyLimits limits, DateTimeOffset now) => GasMoneyOn(now) is var given && limits.PerDayMax > given ? limits.PerDayMax - given : 0;

    /// <summary>Wei that were given on this UTC day, by when it was signed.</summary>
    public UInt128 GasMoneyOn(DateTimeOffset now) => GasMoneyDay == DayOf(now) ? GasMoneyToday : 0;

    /// <summary>
    /// Whether this payer would be given what it lacks. Who was given some without an approval after it gets no more while that can be seen: until the gift is final.
    /// </summary>
    /// <param name="work">What waits for its approval; null for a payment that is not here yet.</param>
    /// <param name="need">What it lacks.</param>
    /// <param name="limits">The operator's; null: none is given.</param>
    /// <param name="now">The time.</param>
    public GiftVerdict JudgeGift(SettlementWork? work, GasNeed need, GasMoneyLimits? limits, DateTimeOffset now)
    {
        if (Transactions.Values.FirstOrDefault(transaction => transaction.Gift is { Used: false } gift && gift.Payer == need.Payer) is { } earlier)
        {
            return earlier.Block is null ? GiftVerdict.Waits : GiftVerdict.Refused;
        }

        return work is not { GiftNonce: not null } && limits is not null && need.IsWithin(limits) && need.Missing <= GasMoneyLeft(limits, now)
            ? GiftVerdict.Fits
            : GiftVerdict.Refused;
    }

    /// <summary>
    /// Gives a payer the coins it lacks for the approval that this work waits for, once for the work: it remembers the gift in the same commit, and a gift whose nonce
    /// another transaction took is not made again. Nothing happens while nothing can be signed, or there is no room or no gas left.
    /// </summary>
    public Outcome<Signer> Give(long ticket, GasNeed need, TransactionPen? pen, DateTimeOffset now)
    {
        var draft = new SignerDraft(this);
        if (Synced && pen is not null && Waiting.TryGetValue(ticket, out var work) && work.IsHeld && work.Terms.Payer == need.Payer
            && work.Terms.ExpiresAt >= now + SendMargin && JudgeGift(work, need, pen.Limits.GasMoney, now) == GiftVerdict.Fits)
        {
            draft.Give(ticket, need.Missing, pen, now);
        }

        return draft.Decide();
    }
}
