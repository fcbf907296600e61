using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>What one key says to payers who lack the gas for their approvals, and why it said no. Its grain has the last word.</summary>
internal sealed partial class GiftDesk(IEvmChain chain, Address key, TimeProvider clock, ILogger logger)
{
    /// <summary>So long it is told that the key's own coins did not suffice for a payer.</summary>
    private static readonly TimeSpan UnfundedFor = TimeSpan.FromMinutes(10);

    private int spentOn = -1;
    private long unfundedAt;

    /// <summary>Looks at the chain only where nothing else speaks against a gift.</summary>
    /// <param name="signer">The newest durable state seen; null: it is another process's, and what is left of its day is not known here.</param>
    /// <param name="work">What waits for its approval; null for a payment that is not here yet.</param>
    /// <param name="need">What the payer lacks.</param>
    /// <param name="quote">What a transaction offers at the moment.</param>
    /// <param name="limits">The operator's; without gas money none is given.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <returns>The verdict, and what the key owns where that was looked at.</returns>
    public async Task<(GiftVerdict Verdict, UInt128 Funds)> JudgeAsync(
        Signer? signer, SettlementWork? work, GasNeed need, FeeQuote quote, SendingLimits limits, CancellationToken cancellationToken)
    {
        if (limits.GasMoney is not { } money)
        {
            return (GiftVerdict.Refused, 0);
        }

        limits = limits with { GasMoney = money.At(Low(quote.MaxFeePerGas)) };
        var state = signer ?? Signer.New(chain.Network, key.ToString());
        var verdict = state.JudgeGift(work, need, UInt128.MaxValue, limits, clock.GetUtcNow());
        UInt128 funds = 0;
        if (verdict == GiftVerdict.Fits)
        {
            var owned = chain.ReadBalanceAsync(key, cancellationToken);
            var gas = chain.EstimateGasAsync(key, Address.Parse(need.Payer), ReadOnlyMemory<byte>.Empty, cancellationToken);
            await Task.WhenAll(owned, gas);
            funds = Low(await owned);
            verdict = await gas is null or > TransactionGas.Empty ? GiftVerdict.Refused : state.JudgeGift(work, need, funds, limits, clock.GetUtcNow());
        }

        Note(verdict, signer, money);
        return (verdict, funds);
    }

    /// <summary>Why a payer was refused that another day, or with more coins, would not be: a code and a sentence. Payments that need no gas money go on.</summary>
    public (string Code, string Words)? Trouble(GasMoneyLimits? limits) =>
        limits is null ? null
        : Volatile.Read(ref spentOn) == Signer.DayOf(clock.GetUtcNow()) ? ("gas_money_spent", SpentWords(limits))
        : IsUnfunded ? ("gas_money_unfunded", UnfundedWords)
        : null;

    private bool IsUnfunded => Interlocked.Read(ref unfundedAt) is not 0 and var at && clock.GetElapsedTime(at) < UnfundedFor;

    private string UnfundedWords =>
        $"{key} keeps its coins on {chain.Network} for what is on its way and for settlements: send native coins to it, payers who lack coins for their approvals are refused.";

    private void Note(GiftVerdict verdict, Signer? signer, GasMoneyLimits limits)
    {
        if (verdict == GiftVerdict.Spent && signer is not null)
        {
            var day = Signer.DayOf(clock.GetUtcNow());
            if (Interlocked.Exchange(ref spentOn, day) != day)
            {
                LogRefused(SpentWords(limits));
            }
        }
        else if (verdict == GiftVerdict.Unfunded)
        {
            if (!IsUnfunded)
            {
                LogRefused(UnfundedWords);
            }

            Interlocked.Exchange(ref unfundedAt, clock.GetTimestamp());
        }
        else if (verdict == GiftVerdict.Fits)
        {
            Interlocked.Exchange(ref unfundedAt, 0);
        }
    }

    private string SpentWords(GasMoneyLimits limits) =>
        $"{key} gave the gas money of today on {chain.Network}, or nearly so, and ApprovalGasMoneyPerDay is {limits.PerDayMax} wei: payers who lack coins for their approvals are refused until midnight UTC.";

    /// <summary>What a payer lacks for its own transaction, by what that offers at most; null: nothing.</summary>
    /// <param name="payer">Who.</param>
    /// <param name="request">Its transaction.</param>
    /// <param name="gasTaken">Gas that it takes.</param>
    /// <param name="dataFee">Wei for its bytes; they may cost twice as much when they are mined.</param>
    /// <param name="balance">Wei that it owns.</param>
    public static GasNeed? NeedOf(Address payer, TransactionRequest request, ulong gasTaken, UInt256 dataFee, UInt256 balance)
    {
        var (gas, data) = (request.GasCostMax, dataFee.High == 0 ? dataFee * 2UL : UInt256.MaxValue);
        var cost = data > UInt256.MaxValue - gas ? UInt256.MaxValue : gas + data;
        return cost <= balance ? null : new GasNeed(payer.ToString(), Low(cost - balance), request.GasLimit, Low(request.Fees.MaxFeePerGas), gasTaken);
    }

    /// <summary>What is larger than any limit stays so.</summary>
    private static UInt128 Low(UInt256 wei) => wei.High == 0 ? wei.Low : UInt128.MaxValue;

    [LoggerMessage(EventId = 1354, Level = LogLevel.Warning, Message = "{Words}")]
    private partial void LogRefused(string words);
}
