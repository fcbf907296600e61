using System.Collections.Immutable;
using System.Globalization;
using AgentPay.Domain.Signers;

namespace AgentPay.Domain.Tests.Signers;

/// <summary>Signs without a key: the bytes name the nonce, the hash names nonce and form.</summary>
internal sealed class TestPen(SendingLimits? limits = null, int included = 0, UInt128 fee = default, Func<string, PayerCode>? codeOf = null) : TransactionPen
{
    /// <summary>One payment a transaction.</summary>
    public static readonly TestPen Alone = new(new SendingLimits(1, 512, 1_000_000, 0));

    public override SendingLimits Limits { get; } = limits ?? new SendingLimits(4, 64, 1_000_000, 0);

    public override int Included => included;

    public override PayerCode CodeOf(string payer) => codeOf?.Invoke(payer) ?? PayerCode.None;

    public override SignedForm Sign(ulong nonce, ImmutableArray<SettlementWork> works, ulong gas, DateTimeOffset now, GasGift? gift = null) =>
        new(string.Create(CultureInfo.InvariantCulture, $"0x{nonce:x4}{Words(gift)}"), HashOf(nonce), now, fee);

    public override SignedForm? Outbid(SignedForm last, ulong nonce, ImmutableArray<SettlementWork> works, ulong gas, bool always, DateTimeOffset now, GasGift? gift = null) =>
        always || fee > last.MaxFee ? new SignedForm(last.Raw + "+" + Words(gift), last.Hash + "+", now, fee) : null;

    private static string Words(GasGift? gift) => gift is null ? "" : string.Create(CultureInfo.InvariantCulture, $" gives {gift.Wei} to {gift.Payer}");

    public static string HashOf(ulong nonce) => string.Create(CultureInfo.InvariantCulture, $"0x{nonce:x64}");
}
