using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Chains;

/// <summary>How a chain's transactions are written and watched, already validated.</summary>
public sealed record SendingSettings
{
    /// <summary>Most settlements in one transaction, where the chain has Multicall3: 1 to 500.</summary>
    public int PaymentsMax { get; init; } = 200;

    /// <summary>How long a settlement waits for company while others are on their way.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Most gas of one transaction; by default just below what Ethereum allows any (EIP-7825: 2^24).</summary>
    public ulong GasPerTransactionMax { get; init; } = 16_700_000;

    /// <summary>Most gas of all transactions a key signs on one UTC day; 0: no ceiling.</summary>
    public ulong GasPerDayMax { get; init; }

    /// <summary>Most wei that a key gives, on one UTC day, to payers who lack the gas for their approvals; 0: none.</summary>
    public UInt128 ApprovalGasMoneyPerDay { get; init; }

    /// <summary>After this a transaction that is not mined is offered again with higher fees, where the fees of the moment call for it.</summary>
    public TimeSpan StuckAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Nodes keep 64 waiting transactions of one account without a question; with one payment each they must be more, or a block would not be filled.</summary>
    internal SendingLimits ToLimits(bool canShare) => canShare && PaymentsMax > 1
        ? new SendingLimits(PaymentsMax, 64, GasPerTransactionMax, GasPerDayMax)
        : new SendingLimits(1, 512, GasPerTransactionMax, GasPerDayMax);
}
