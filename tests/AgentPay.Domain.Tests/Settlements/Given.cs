using System.Globalization;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Tests.Settlements;

/// <summary>A payment of 1,000 atoms and the ways to any status.</summary>
internal static class Given
{
    public const string Key = "key-of-the-first-caller";
    public const string Signer = "0x00000000000000000000000000000000000000aa";
    public const string Hash = "0x1111111111111111111111111111111111111111111111111111111111111111";
    public const string OtherHash = "0x2222222222222222222222222222222222222222222222222222222222222222";

    public static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly BlockReference Block = new(7, "0x" + new string('7', 64));
    public static readonly BlockReference OtherBlock = new(8, "0x" + new string('8', 64));

    public static readonly SettlementTerms Terms = new()
    {
        Network = "eip155:84532",
        Method = "eip3009",
        Token = "0x" + new string('c', 40),
        DomainName = "USDC",
        DomainVersion = "2",
        Payer = "0x" + new string('a', 40),
        PayTo = "0x" + new string('b', 40),
        Atoms = 1000,
        ValidAfter = "0",
        ValidBefore = Now.AddMinutes(10).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        Nonce = "0x" + new string('d', 64),
        Signature = "0x" + new string('e', 130),
        Digest = "0x" + new string('f', 64),
        GasLimit = 160_000,
    };

    public static readonly SettlementTerms OtherTerms = Terms with { PayTo = "0x" + new string('9', 40), Digest = "0x" + new string('3', 64) };

    public static readonly Admission Run = new(Key, "GET https://shop.example/quote", "process-1", Now.AddMinutes(1));

    public static ReserveSettlement Reserve(string? key = Key) => new(Terms, key, Signer);

    public static AdmitPayment Admit(Admission? run = null, bool othersAreGone = false) => new(Terms, run ?? Run, othersAreGone);

    public static ConfirmSettlement Confirm => new(Hash, Block);

    public static FailSettlement Fail() => new("invalid_exact_evm_transaction_failed");

    /// <summary>A settlement after these commands, the first on nothing.</summary>
    public static Settlement After(params SettlementCommand[] commands)
    {
        Settlement? state = null;
        foreach (var command in commands)
        {
            state = Settlement.Decide(state, command, Now).State;
        }

        return state!;
    }

    public static Settlement In(SettlementStatus status) => status switch
    {
        SettlementStatus.Admitted => After(Admit()),
        SettlementStatus.Released => After(Admit(), new ReleasePayment(Key)),
        SettlementStatus.Reserved => After(Reserve()),
        SettlementStatus.Submitted => After(Reserve(), new SubmitSettlement(Hash)),
        SettlementStatus.Unknown => After(Reserve(), new SubmitSettlement(Hash), new DoubtSettlement()),
        SettlementStatus.Confirmed => After(Reserve(), new SubmitSettlement(Hash), Confirm),
        SettlementStatus.Safe => After(Reserve(), new SubmitSettlement(Hash), Confirm, new DeepenSettlement(Final: false, Block)),
        SettlementStatus.Final => After(Reserve(), new SubmitSettlement(Hash), Confirm, new DeepenSettlement(Final: true, Block)),
        SettlementStatus.Failed => After(Reserve(), new SubmitSettlement(Hash), Fail()),
    };

    public static Outcome<Settlement> Then(this Settlement? state, SettlementCommand command, TimeSpan later = default) =>
        Settlement.Decide(state, command, Now + later);

    public static string? Code(this Outcome<Settlement> outcome) => outcome.Refusal?.Code;

    public static string[] EventTypes(this Outcome<Settlement> outcome) => [.. outcome.Effects.Events.Select(entry => entry.Type)];
}
