using System.Collections.Immutable;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Signers;

/// <summary>Work that shares the next transaction.</summary>
internal sealed class SignerGroup(SendingLimits limits)
{
    // Nodes take transactions of 128 KiB at most.
    private const int BytesMax = 110_000;
    private const int Permit2Bytes = 1_024;
    private const int Eip3009Bytes = 544;

    private readonly ImmutableArray<(long Ticket, SettlementWork Work)>.Builder members = ImmutableArray.CreateBuilder<(long, SettlementWork)>();
    private readonly HashSet<string> payers = [];
    private readonly HashSet<string> payersByPermit2 = [];
    private int room = limits.PaymentsMax;
    private ulong gas = TransactionGas.Shared;
    private int bytes;

    /// <summary>In the order they came.</summary>
    public ImmutableArray<(long Ticket, SettlementWork Work)> Members => members.ToImmutable();

    /// <summary>False when it is full, or when the newcomer wants a smaller company; an empty one takes anything.</summary>
    public bool TryAdd(long ticket, SettlementWork work)
    {
        var wanted = work.CompanyMax == 0 ? room : Math.Min(room, work.CompanyMax);
        var gasWith = gas + TransactionGas.Of(work);
        var isPermit2 = work.Terms.Method == SettlementMethods.Permit2;
        var bytesWith = bytes + (isPermit2 ? Permit2Bytes : Eip3009Bytes);
        var isFull = members.Count >= wanted || gasWith > limits.GasPerTransactionMax || bytesWith > BytesMax;
        if (members.Count > 0 && (isFull || IsLikeAMember(work.Terms)))
        {
            return false;
        }

        members.Add((ticket, work));
        (room, gas, bytes) = (wanted, gasWith, bytesWith);
        payers.Add(work.Terms.Payer);
        if (isPermit2)
        {
            payersByPermit2.Add(work.Terms.Payer);
        }

        return true;
    }

    /// <summary>
    /// The events of a Permit2 transfer do not name its nonce: beside another payment of the same payer, a receipt could not tell which of the two was made.
    /// </summary>
    private bool IsLikeAMember(SettlementTerms terms) =>
        payersByPermit2.Contains(terms.Payer) || (terms.Method == SettlementMethods.Permit2 && payers.Contains(terms.Payer));
}
