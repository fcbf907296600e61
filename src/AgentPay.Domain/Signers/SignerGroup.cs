using System.Collections.Immutable;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Signers;

/// <summary>Work that shares the next transaction.</summary>
internal sealed class SignerGroup(SendingLimits limits)
{
    private const string Permit2 = "permit2";

    private readonly ImmutableArray<(long Ticket, SettlementWork Work)>.Builder members = ImmutableArray.CreateBuilder<(long, SettlementWork)>();
    private readonly HashSet<string> payers = [];
    private readonly HashSet<string> payersByPermit2 = [];
    private int room = limits.PaymentsMax;
    private ulong gas = TransactionGas.Shared;

    /// <summary>False when it is full, or when the newcomer wants a smaller company; an empty one takes anything.</summary>
    public bool TryAdd(long ticket, SettlementWork work)
    {
        var wanted = work.CompanyMax == 0 ? room : Math.Min(room, work.CompanyMax);
        var gasWith = gas + TransactionGas.Of(work);
        if (members.Count > 0 && (members.Count >= wanted || gasWith > limits.GasPerTransactionMax || IsLikeAMember(work.Terms)))
        {
            return false;
        }

        members.Add((ticket, work));
        payers.Add(work.Terms.Payer);
        if (work.Terms.Method == Permit2)
        {
            payersByPermit2.Add(work.Terms.Payer);
        }

        (room, gas) = (wanted, gasWith);
        return true;
    }

    /// <summary>The members; a new group begins.</summary>
    public ImmutableArray<(long Ticket, SettlementWork Work)> Take()
    {
        (room, gas) = (limits.PaymentsMax, TransactionGas.Shared);
        payers.Clear();
        payersByPermit2.Clear();
        return members.DrainToImmutable();
    }

    /// <summary>
    /// The events of a Permit2 transfer do not name its nonce: beside another payment of the same payer, a receipt could not tell which of the two was made.
    /// </summary>
    private bool IsLikeAMember(SettlementTerms terms) =>
        payersByPermit2.Contains(terms.Payer) || (terms.Method == Permit2 && payers.Contains(terms.Payer));
}
