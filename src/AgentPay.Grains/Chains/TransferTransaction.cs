using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Chains;

/// <summary>The transaction that settles one authorization.</summary>
internal static class TransferTransaction
{
    public static (string Raw, string Hash) Sign(EvmSigner key, ulong chainId, ulong nonce, FeeQuote fees, SettlementTerms terms)
    {
        var transfer = ToTransfer(terms);
        var signed = key.Sign(new TransactionRequest(chainId, nonce, terms.GasLimit, fees, transfer.Token, UInt256.Zero, Eip3009.Calldata(transfer)));
        return ("0x" + Convert.ToHexStringLower(signed.Raw.Span), signed.Hash.ToString());
    }

    public static Eip3009Transfer ToTransfer(SettlementTerms terms) => new(
        Address.Parse(terms.Token), terms.DomainName, terms.DomainVersion, Address.Parse(terms.Payer), Address.Parse(terms.PayTo), terms.Atoms,
        UInt256.Parse(terms.ValidAfter), UInt256.Parse(terms.ValidBefore), Bytes32.Parse(terms.Nonce), Convert.FromHexString(terms.Signature.AsSpan(2)))
    {
        PayerHasCode = terms.PayerHasCode,
    };
}
