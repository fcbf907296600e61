using System.Text.Json.Serialization;

namespace AgentPay.Domain.Signers;

/// <summary>The coins a payer lacks for the transaction that approves Permit2 (x402 v2, extension <c>erc20ApprovalGasSponsoring</c>).</summary>
/// <param name="Payer">Who lacks them, lower case with 0x.</param>
/// <param name="Missing">Wei: what its transaction offers at most, less what it owns; more than 0.</param>
/// <param name="GasLimit">Of its transaction.</param>
/// <param name="MaxFee">Wei per gas that its transaction offers at most.</param>
[GenerateSerializer, Immutable, Alias("agentpay.GasNeed")]
public sealed record GasNeed([property: Id(0)] string Payer, [property: Id(1)] UInt128 Missing, [property: Id(2)] ulong GasLimit, [property: Id(3)] UInt128 MaxFee)
{
    /// <summary>Of an approval that gas money is given for: 46,000 to 60,000 is what tokens take, clients ask for 70,000, a proxied token with hooks may need twice that.</summary>
    public const ulong GasLimitMax = 150_000;

    /// <summary>True when a gift of this size may be thought of at all, whatever is left of the day's.</summary>
    public bool IsWithin(GasMoneyLimits limits) => GasLimit <= GasLimitMax && MaxFee <= limits.FeeMax && Missing <= limits.PerDayMax;
}

/// <summary>What may be given away to payers who lack the gas for their approvals.</summary>
/// <param name="PerDayMax">Wei that one key may give on one UTC day.</param>
/// <param name="FeeMax">Wei per gas an approval may offer at most: the engine pays no more itself.</param>
public sealed record GasMoneyLimits(UInt128 PerDayMax, UInt128 FeeMax);

/// <summary>Coins that a transaction gives to a payer, so that its approval can be mined.</summary>
/// <param name="Payer">To whom.</param>
/// <param name="Wei">How much.</param>
/// <param name="Settlement">For which settlement.</param>
/// <param name="Attempt">For which attempt of it.</param>
/// <param name="Used">The approval was mined after it.</param>
[GenerateSerializer, Immutable, Alias("agentpay.GasGift")]
public sealed record GasGift(
    [property: Id(0), JsonPropertyName("p")] string Payer,
    [property: Id(1), JsonPropertyName("w")] UInt128 Wei,
    [property: Id(2), JsonPropertyName("i")] string Settlement,
    [property: Id(3), JsonPropertyName("a")] int Attempt,
    [property: Id(4), JsonPropertyName("u"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Used = false);

/// <summary>What a signer says to a payer's want of gas money.</summary>
public enum GiftVerdict
{
    /// <summary>It would be given now.</summary>
    Fits,

    /// <summary>It was given, and is on its way.</summary>
    Waits,

    /// <summary>None is given: a gift was mined and is gone, or this one is too much.</summary>
    Refused,
}
