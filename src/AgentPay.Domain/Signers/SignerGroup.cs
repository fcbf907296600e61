using System.Collections.Immutable;

namespace AgentPay.Domain.Signers;

/// <summary>Work that shares the next transaction.</summary>
internal sealed class SignerGroup(SendingLimits limits)
{
    private readonly ImmutableArray<(long Ticket, SettlementWork Work)>.Builder members = ImmutableArray.CreateBuilder<(long, SettlementWork)>();
    private int room = limits.PaymentsMax;
    private ulong gas = TransactionGas.Shared;

    /// <summary>False when it is full, or when the newcomer wants a smaller company; an empty one takes anything.</summary>
    public bool TryAdd(long ticket, SettlementWork work)
    {
        var wanted = work.CompanyMax == 0 ? room : Math.Min(room, work.CompanyMax);
        var gasWith = gas + TransactionGas.Of(work);
        if (members.Count > 0 && (members.Count >= wanted || gasWith > limits.GasPerTransactionMax))
        {
            return false;
        }

        members.Add((ticket, work));
        (room, gas) = (wanted, gasWith);
        return true;
    }

    /// <summary>The members; a new group begins.</summary>
    public ImmutableArray<(long Ticket, SettlementWork Work)> Take()
    {
        (room, gas) = (limits.PaymentsMax, TransactionGas.Shared);
        return members.DrainToImmutable();
    }
}
