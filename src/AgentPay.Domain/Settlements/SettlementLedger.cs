using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Settlements;

/// <summary>
/// The ledger rows of a settlement. On-chain accounts are named by network and address: the engine records what moved between them and holds none of it.
/// </summary>
public static class SettlementLedger
{
    /// <summary>The payer's money is the payee's.</summary>
    public static Transfer Pay(SettlementTerms terms) =>
        new(Account(terms.Network, terms.Payer), Account(terms.Network, terms.PayTo), terms.Asset, terms.Atoms, "settlement");

    /// <summary>The block is gone: the same amount the other way.</summary>
    public static Transfer Reverse(SettlementTerms terms) =>
        new(Account(terms.Network, terms.PayTo), Account(terms.Network, terms.Payer), terms.Asset, terms.Atoms, "settlement_reversed");

    private static string Account(string network, string address) => $"chain:{network}:{address}";
}
