using System.Globalization;

namespace AgentPay.SystemTests.World;

/// <summary>Three engines that keep a book as well: see <see cref="Engines"/>.</summary>
public sealed class ThreeEngines() : Engines("first", "second", "third")
{
    private const string BookKey = "the-operator's-own-key-0003";

    private static (string Name, string Value) Bearer => ("Authorization", "Bearer " + BookKey);

    /// <summary>Moves one atom from the issuer to the account.</summary>
    internal static Task<Answer> BookAsync(Engine engine, string account, string key) => engine.PostAsync(
        "/v1/transfers", $$"""{"from":"mint","to":"{{account}}","asset":"book:credits","amount":"1"}""", ("Idempotency-Key", key), Bearer);

    /// <summary>What the account holds; the answer is 404 when it never took part in a transfer.</summary>
    internal static Task<Answer> BalancesAsync(Engine engine, string account) => engine.GetAsync($"/v1/accounts/{account}/balances", Bearer);

    /// <summary>The only amount of a balances answer.</summary>
    internal static long Holds(Answer balances) =>
        long.Parse(balances.Json.GetProperty("balances")[0].GetProperty("amount").GetString()!, CultureInfo.InvariantCulture);

    private protected override void Change(Dictionary<string, string> settings)
    {
        // One payer stands for many.
        settings["AgentPay__Facilitator__PayerUndecidedMax"] = "100000";
        settings["AgentPay__Book__Keys__0"] = BookKey;
        settings["AgentPay__Book__Assets__0__Code"] = "credits";
        settings["AgentPay__Book__Assets__0__Issuer"] = "mint";
    }
}
