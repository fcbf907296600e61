using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Signers;

/// <summary>
/// One nonce of a key: every signed form it ever had and the settlements inside. Committed before any of its bytes leave the process,
/// so that after a crash the same bytes are sent again and never new ones.
/// </summary>
[GenerateSerializer, Immutable, Alias("agentpay.SignerTransaction")]
public sealed record SignerTransaction
{
    /// <summary>The account nonce.</summary>
    [Id(0), JsonPropertyName("n")] public required ulong Nonce { get; init; }

    /// <summary>Signed forms, oldest first; the last is the one being sent.</summary>
    [Id(1), JsonPropertyName("v")] public required ImmutableArray<SignedForm> Forms { get; init; }

    /// <summary>The settlements it carries, in call order.</summary>
    [Id(2), JsonPropertyName("s")] public required ImmutableArray<SettlementWork> Settlements { get; init; }

    /// <summary>The block it was mined in; null while it is on its way.</summary>
    [Id(3), JsonPropertyName("b")] public BlockReference? Block { get; init; }

    /// <summary>Hash of the form that was mined; null while it is on its way.</summary>
    [Id(4), JsonPropertyName("h")] public string? MinedHash { get; init; }

    /// <summary>What it gives to a payer, instead of carrying settlements; null: nothing.</summary>
    [Id(5), JsonPropertyName("g")] public GasGift? Gift { get; init; }

    /// <summary>The form being sent.</summary>
    [JsonIgnore]
    public SignedForm Newest => Forms[^1];

    /// <summary>What the form being sent carries.</summary>
    public ImmutableArray<SettlementWork> Carried() => [.. Settlements.Where(static work => work is { Moved: false, LeftOutOf: 0 })];

    /// <summary>What the form of this hash carries.</summary>
    public ImmutableArray<SettlementWork> CarriedBy(string hash) => [.. Settlements.Where(work => !IsLeftOutOf(hash, work))];

    /// <summary>True when the form of this hash was signed without that settlement.</summary>
    public bool IsLeftOutOf(string hash, SettlementWork work) => work.LeftOutOf > 0 && work.LeftOutOf <= FormOf(hash);

    private int FormOf(string hash)
    {
        for (var form = Forms.Length - 1; form > 0; form--)
        {
            if (Forms[form].Hash == hash)
            {
                return form;
            }
        }

        return 0;
    }
}

/// <summary>Signed bytes, kept for ever with their nonce.</summary>
/// <param name="Raw">The signed transaction, 0x and hexadecimal.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="SignedAt">When it was decided.</param>
/// <param name="MaxFee">Wei per gas it offers at most; the gas price of a legacy transaction.</param>
/// <param name="MaxTip">Wei per gas of it for the block's builder.</param>
[GenerateSerializer, Immutable, Alias("agentpay.SignedForm")]
public sealed record SignedForm(
    [property: Id(0), JsonPropertyName("r")] string Raw,
    [property: Id(1), JsonPropertyName("h")] string Hash,
    [property: Id(2), JsonPropertyName("t")] DateTimeOffset SignedAt,
    [property: Id(3), JsonPropertyName("f"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] UInt128 MaxFee = default,
    [property: Id(4), JsonPropertyName("p"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] UInt128 MaxTip = default);

/// <summary>An authorization in a signer's hands.</summary>
/// <param name="Settlement">Its id.</param>
/// <param name="Attempt">Its attempt.</param>
/// <param name="Terms">What to send.</param>
/// <param name="CompanyMax">The most settlements it may share a transaction with, itself included, after a larger one ran out of gas; 0: no such bound.</param>
/// <param name="Moved">It was left out when its transaction was mined, and waits for another.</param>
/// <param name="Approved">What had to be mined before it is.</param>
/// <param name="LeftOutOf">Its transaction has it in no form from this one on, counted from 0; 0: in all.</param>
/// <param name="GiftNonce">The transaction that gave its payer the coins for the approval; null: none did, and only then one may.</param>
[GenerateSerializer, Immutable, Alias("agentpay.SettlementWork")]
public sealed record SettlementWork(
    [property: Id(0), JsonPropertyName("i")] string Settlement,
    [property: Id(1), JsonPropertyName("a")] int Attempt,
    [property: Id(2), JsonPropertyName("t")] SettlementTerms Terms,
    [property: Id(3), JsonPropertyName("c"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int CompanyMax = 0,
    [property: Id(4), JsonPropertyName("m"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Moved = false,
    [property: Id(5), JsonPropertyName("p"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Approved = false,
    [property: Id(6), JsonPropertyName("o"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int LeftOutOf = 0,
    [property: Id(7), JsonPropertyName("g"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ulong? GiftNonce = null)
{
    /// <summary>It may not be sent yet: the payer's approval goes first.</summary>
    [JsonIgnore]
    public bool IsHeld => Terms.Approval is not null && !Approved;

    /// <summary>
    /// A contract at the payer's address runs inside the transaction: it could burn the gas of its neighbours, so it goes alone. So does a call that carries
    /// a permit of the token, and one that deploys the payer's wallet: they do more than move the money.
    /// </summary>
    [JsonIgnore]
    public bool MayShare => !Terms.PayerHasCode && Terms.Permit is null && Terms.Deployment is null && CompanyMax != 1;
}
