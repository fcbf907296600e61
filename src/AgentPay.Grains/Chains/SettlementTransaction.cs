using System.Collections.Immutable;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Methods;

namespace AgentPay.Grains.Chains;

/// <summary>The transaction that settles one authorization, or many in one call of Multicall3, or none: then it gives coins to a payer, or only uses its nonce up.</summary>
internal static class SettlementTransaction
{
    public static (string Raw, string Hash) Sign(
        EvmSigner key, ulong chainId, ulong nonce, FeeQuote fees, ulong gas, ImmutableArray<SettlementWork> works, GasGift? gift)
    {
        var (to, data) = works.Length switch
        {
            0 => (gift is null ? key.Address : Address.Parse(gift.Payer), ReadOnlyMemory<byte>.Empty),
            1 => CallOf(works[0].Terms),
            _ => (Multicall3.Address, Multicall3.Calldata([.. works.Select(static work => CallOf(work.Terms))])),
        };
        var signed = key.Sign(new TransactionRequest(chainId, nonce, gas, fees, to, gift?.Wei ?? 0, data));
        return ("0x" + Convert.ToHexStringLower(signed.Raw.Span), signed.Hash.ToString());
    }

    private static (Address Target, ReadOnlyMemory<byte> Data) CallOf(SettlementTerms terms)
    {
        var call = TransferMethods.Of(terms).CallOf(terms);
        return (call.Target, call.Calldata);
    }
}
