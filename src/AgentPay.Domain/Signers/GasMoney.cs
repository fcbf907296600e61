using System.Text.Json.Serialization;

namespace AgentPay.Domain.Signers;

/// <summary>The coins a payer lacks for the transaction that approves Permit2 (x402 v2, extension <c>erc20ApprovalGasSponsoring</c>).</summary>
/// <param name="Payer">Who lacks them, lower case with 0x.</param>
/// <param name="Missing">Wei: what its transaction offers at most, less what it owns; more than 0.</param>
/// <param name="GasLimit">Of its transaction.</param>
/// <param name="MaxFee">Wei per gas that its transaction offers at most.</param>
/// <param name="GasTaken">Gas that its transaction takes, by the node's estimate.</param>
[GenerateSerializer, Immutable, Alias("agentpay.GasNeed")]
public sealed record GasNeed(
    [property: Id(0)] string Payer, [property: Id(1)] UInt128 Missing, [property: Id(2)] ulong GasLimit, [property: Id(3)] UInt128 MaxFee, [property: Id(4)] ulong GasTaken)
{
    /// <summary>Of an approval that gas money is given for: 46,000 to 60,000 is what tokens take, a proxied token with hooks may need twice that.</summary>
    public const ulong GasLimitMax = 150_000;

    /// <summary>What clients ask for whatever the token takes: so much is always in order.</summary>
    public const ulong GasLimitUsual = 70_000;

    /// <summary>
    /// True when a gift of this size may be thought of at all, whatever is left of the day's: for what the approval takes, at the fees of the moment, with as much again to spare.
    /// </summary>
    public bool IsWithin(GasMoneyLimits limits) =>
        GasLimit <= GasLimitMax && (GasLimit <= GasLimitUsual || GasLimit <= (UInt128)GasTaken * 2) && MaxFee <= limits.FeeMax && Missing <= limits.PerDayMax;
}

/// <summary>What may be given away to payers who lack the gas for their approvals.</summary>
/// <param name="PerDayMax">Wei that one key may give on one UTC day, with what the transactions that give it cost.</param>
/// <param name="FeeMax">Wei per gas an approval may offer at most.</param>
public sealed record GasMoneyLimits(UInt128 PerDayMax, UInt128 FeeMax)
{
    /// <summary>So many settlements the key's own coins must suffice for beside what it gives.</summary>
    public const ulong SettlementsKept = 10;

    /// <summary>Gas limit of one such settlement: a Permit2 transfer's.</summary>
    public const ulong SettlementGas = 220_000;

    /// <summary>Wei per gas that the engine's own transactions offer at the moment.</summary>
    public UInt128 Fee { get; init; }

    /// <summary>Wei that the transaction which gives costs at most.</summary>
    public UInt128 GiftGas => Times(TransactionGas.Empty);

    /// <summary>Wei that the key keeps for settlements.</summary>
    public UInt128 Reserve => Times(SettlementsKept * SettlementGas);

    /// <summary>The same at the fees of a moment: an approval may offer twice what the engine's own transactions would, and no more than the operator's cap.</summary>
    public GasMoneyLimits At(UInt128 fee) => this with { Fee = fee, FeeMax = fee > FeeMax / 2 ? FeeMax : fee * 2 };

    /// <summary>What is larger than any budget stays so.</summary>
    private UInt128 Times(ulong gas) => Fee > UInt128.MaxValue / gas ? UInt128.MaxValue : Fee * gas;
}

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

    /// <summary>None is given: what is left of the day's is too little for this one.</summary>
    Spent,

    /// <summary>None is given: the key needs its own coins for what is on its way and for settlements.</summary>
    Unfunded,
}
