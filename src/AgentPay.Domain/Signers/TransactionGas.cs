using System.Collections.Immutable;

namespace AgentPay.Domain.Signers;

/// <summary>The gas limit of a transaction. What is not used is not paid.</summary>
public static class TransactionGas
{
    /// <summary>Of one that moves nothing: 21,000 on most chains, more where data has a price of its own.</summary>
    public const ulong Empty = 100_000;

    /// <summary>Of the shared call itself.</summary>
    public const ulong Shared = 60_000;

    /// <summary>The limit for these settlements together.</summary>
    public static ulong Of(ImmutableArray<SettlementWork> works) => works.Length switch
    {
        0 => Empty,
        1 => works[0].Terms.GasLimit,
        _ => works.Aggregate(Shared, static (sum, work) => sum + Of(work)),
    };

    /// <summary>One settlement's share of a transaction it is not alone in: it saves the 21,000 of a transaction, and what its neighbours touched costs less.</summary>
    public static ulong Of(SettlementWork work) => work.Terms.GasLimit / 2;
}
