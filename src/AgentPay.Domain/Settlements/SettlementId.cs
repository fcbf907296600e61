namespace AgentPay.Domain.Settlements;

/// <summary>
/// Names one authorization for ever: network, method, contract, payer and nonce, in lower case. Two spellings of one payment have one id,
/// which is what makes a settlement happen at most once.
/// </summary>
public static class SettlementId
{
    /// <summary>The grain type of settlements.</summary>
    public const string GrainType = "settlement";

    private const string Prefix = "stl:";

    /// <summary>The id of an authorization.</summary>
    public static string Of(SettlementTerms terms) => Of(terms.Network, terms.Method, terms.NonceKeeper ?? terms.Token, terms.Payer, terms.Nonce);

    /// <summary>The id of an authorization by its parts; hexadecimal in lower case with 0x.</summary>
    public static string Of(string network, string method, string contract, string payer, string nonce) =>
        $"{Prefix}{network}:{method}:{contract}:{payer}:{nonce}";

    /// <summary>True for text of the form <c>stl:eip155:1:eip3009:0x…:0x…:0x…</c>.</summary>
    public static bool IsWellFormed(string text) =>
        text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length <= 256 && text.Split(':') is [_, "eip155", _, _, { Length: 42 }, { Length: 42 }, { Length: 66 }];
}
