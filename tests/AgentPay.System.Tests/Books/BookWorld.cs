using System.Globalization;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Books;

/// <summary>An engine that keeps a book; its chain's node is not there, which must not matter.</summary>
public sealed class BookWorld : IAsyncLifetime
{
    public const string Key = "the-operator's-own-key-0001";
    public const string Asset = "book:credits";

    internal Engine Engine { get; } = new(new Dictionary<string, string>
    {
        ["AgentPay__Chains__0__Network"] = "eip155:84532",
        ["AgentPay__Chains__0__RpcUrls__0"] = "http://127.0.0.1:9",
        ["AgentPay__Chains__0__SignerKeys__0"] = Engine.NewKeyText(out _),
        ["AgentPay__Chains__0__Tokens__0__Address"] = "0x036cbd53842c5426634e7929541ec2318f3dcf7e",
        ["AgentPay__Chains__0__Tokens__0__Name"] = "USDC",
        ["AgentPay__Chains__0__Tokens__0__Version"] = "2",
        ["AgentPay__Facilitator__Access"] = "open",
        ["AgentPay__Book__Keys__0"] = Key,
        ["AgentPay__Book__Assets__0__Code"] = "credits",
        ["AgentPay__Book__Assets__0__Issuer"] = "mint",
        ["AgentPay__Book__Assets__1__Code"] = "max",
        ["AgentPay__Book__Assets__1__Issuer"] = "vault",
    });

    public async ValueTask InitializeAsync()
    {
        await Engine.StartAsync(waitUntilReady: false);
    }

    public ValueTask DisposeAsync() => Engine.DisposeAsync();

    internal static string Order(string from, string to, long amount) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"from":"{{from}}","to":"{{to}}","asset":"{{Asset}}","amount":"{{amount}}"}""");

    internal static string List(params IEnumerable<string> orders) => $$"""{"transfers":[{{string.Join(',', orders)}}]}""";

    internal Task<Answer> BookAsync(string key, string body) => Engine.PostAsync("/v1/transfers", body, ("Idempotency-Key", key), Bearer());

    internal Task<Answer> GetAsync(string path) => Engine.GetAsync(path, Bearer());

    /// <summary>What the account holds; 0 when it never took part in a transfer.</summary>
    internal async Task<long> HoldsAsync(string account)
    {
        var answer = await GetAsync($"/v1/accounts/{account}/balances");
        return answer.Status == 404 ? 0 : long.Parse(answer.Json.GetProperty("balances")[0].GetProperty("amount").GetString()!, CultureInfo.InvariantCulture);
    }

    private static (string Name, string Value) Bearer() => ("Authorization", "Bearer " + Key);
}
