using System.Collections.Immutable;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Chains;

/// <summary>Signs with one key at the fees of the moment.</summary>
internal sealed class LanePen(EvmSigner key, ulong chainId, ChainSettings settings, SendingLimits limits, FeeQuote fees, ulong? blockGas, int included, PayerCodes codes) : TransactionPen
{
    /// <summary>Nodes refuse a transaction whose gas could cost more than a coin (go-ethereum's rpc.txfeecap): a little less is offered.</summary>
    private static readonly UInt128 CostMax = 900_000_000_000_000_000;

    public override SendingLimits Limits { get; } = limits with
    {
        GasPerTransactionMax = (ulong)UInt128.Min(UInt128.Min(limits.GasPerTransactionMax, ShareOf(blockGas)), fees.MaxFeePerGas.IsZero ? UInt128.MaxValue : CostMax / fees.MaxFeePerGas.Low),
        GasMoney = limits.GasMoney?.At(fees.MaxFeePerGas.Low),
    };

    public override int Included => included;

    public override PayerCode CodeOf(string payer) => codes.Of(payer);

    public override SignedForm Sign(ulong nonce, ImmutableArray<SettlementWork> works, ulong gas, DateTimeOffset now, GasGift? gift = null) => Sign(nonce, works, gas, fees, now, gift);

    /// <summary>
    /// Nodes take a form in place of another when it offers a tenth more, in both fees; an eighth is offered, or what the moment asks for. Where the moment
    /// asks for no more than was offered, a higher offer would change nothing, unless it is not the price that holds it up. Where gas costs nothing none can be made.
    /// </summary>
    public override SignedForm? Outbid(SignedForm last, ulong nonce, ImmutableArray<SettlementWork> works, ulong gas, bool always, DateTimeOffset now, GasGift? gift = null)
    {
        if (!always && fees.MaxFeePerGas <= last.MaxFee && fees.MaxPriorityFeePerGas <= last.MaxTip)
        {
            return null;
        }

        var fee = Max(fees.MaxFeePerGas, Raised(last.MaxFee));
        var tip = fees.IsLegacy ? UInt256.Zero : Max(fees.MaxPriorityFeePerGas, Raised(last.MaxTip));
        if (fee > settings.MaxFeePerGas || tip > settings.MaxTipPerGas)
        {
            return null;
        }

        var form = Sign(nonce, works, gas, new FeeQuote(fees.IsLegacy, Max(fee, tip), tip), now, gift);
        return form.Hash == last.Hash ? null : form;
    }

    private SignedForm Sign(ulong nonce, ImmutableArray<SettlementWork> works, ulong gas, FeeQuote offered, DateTimeOffset now, GasGift? gift)
    {
        var (raw, hash) = SettlementTransaction.Sign(key, chainId, nonce, offered, gas, works, gift);
        return new SignedForm(raw, hash, now, offered.MaxFeePerGas.Low, offered.MaxPriorityFeePerGas.Low);
    }

    /// <summary>Above the block's gas no node takes it, and one that wants nearly all waits for an empty block: three fifths.</summary>
    private static UInt128 ShareOf(ulong? blockGas) => blockGas is { } gas ? gas / 5 * 3 : UInt128.MaxValue;

    private static UInt256 Raised(UInt128 fee) => fee == 0 ? UInt256.Zero : fee + (fee / 8) + 1;

    private static UInt256 Max(UInt256 left, UInt256 right) => left > right ? left : right;
}
