using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>What one key says to payers who lack the gas for their approvals, and whether its day's gas money was too little for one. Its grain has the last word.</summary>
internal sealed partial class GiftDesk(string network, string address, TimeProvider clock, ILogger logger)
{
    private int spentOn = -1;

    /// <param name="signer">The newest durable state seen; null: it is another process's, and what is left of its day is not known here.</param>
    /// <param name="work">What waits for its approval; null for a payment that is not here yet.</param>
    /// <param name="need">What the payer lacks.</param>
    /// <param name="limits">The operator's; null: none is given.</param>
    public GiftVerdict Judge(Signer? signer, SettlementWork? work, GasNeed need, GasMoneyLimits? limits)
    {
        var now = clock.GetUtcNow();
        var verdict = (signer ?? Signer.New(network, address)).JudgeGift(work, need, limits, now);
        if (verdict == GiftVerdict.Refused && limits is not null && need.IsWithin(limits) && need.Missing > signer?.GasMoneyLeft(limits, now))
        {
            Note(Signer.DayOf(now), limits);
        }

        return verdict;
    }

    /// <summary>That today's did not suffice for a payer, in one sentence.</summary>
    public string? Spent(GasMoneyLimits? limits) => limits is not null && Volatile.Read(ref spentOn) == Signer.DayOf(clock.GetUtcNow()) ? Words(limits) : null;

    private void Note(int day, GasMoneyLimits limits)
    {
        if (Interlocked.Exchange(ref spentOn, day) != day)
        {
            LogSpent(Words(limits));
        }
    }

    private string Words(GasMoneyLimits limits) =>
        $"{address} gave the gas money of today on {network}, or nearly so, and ApprovalGasMoneyPerDay is {limits.PerDayMax} wei: payers who lack coins for their approvals are refused until midnight UTC.";

    /// <summary>What a payer lacks for its own transaction, by what that offers at most; null: nothing.</summary>
    public static GasNeed? NeedOf(Address payer, TransactionRequest request, UInt256 balance)
    {
        var cost = request.GasCostMax;
        return cost <= balance ? null : new GasNeed(payer.ToString(), Low(cost - balance), request.GasLimit, Low(request.Fees.MaxFeePerGas));
    }

    /// <summary>What is larger than any limit stays so.</summary>
    private static UInt128 Low(UInt256 wei) => wei.High == 0 ? wei.Low : UInt128.MaxValue;

    [LoggerMessage(EventId = 1354, Level = LogLevel.Warning, Message = "{Words}")]
    private partial void LogSpent(string words);
}
