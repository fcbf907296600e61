using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration.Memory;

namespace AgentPay.Silo.Devnet;

/// <summary>
/// The settings that follow from local chains: <c>chains.json</c> in the data folder, written by the script that starts them. The keys in it are known to everyone.
/// </summary>
internal static class DevnetFile
{
    public const string ChainsName = "chains.json";
    public const string AnnouncementName = "devnet.json";

    /// <summary>Settings below everything an operator says.</summary>
    /// <exception cref="FileNotFoundException">The chains were not started; <c>./agentpay up --devnet</c> does.</exception>
    public static MemoryConfigurationSource Read(string dataDirectory)
    {
        using var chains = JsonDocument.Parse(File.ReadAllText(Path.Combine(dataDirectory, ChainsName)));
        var values = new Dictionary<string, string?>
        {
            ["AgentPay:Facilitator:Access"] = "open",
            ["AgentPay:Facilitator:PayerFailuresMax"] = "1000",
            ["AgentPay:Facilitator:PayerUndecidedMax"] = "100000",
            ["AgentPay:Facilitator:CallerFailuresMax"] = "1000000",
            ["AgentPay:Book:Access"] = "open",
            ["AgentPay:Book:Assets:0:Code"] = "credits",
            ["AgentPay:Book:Assets:0:Decimals"] = "2",
            ["AgentPay:Book:Assets:0:Issuer"] = "mint",
        };
        var list = chains.RootElement.GetProperty("chains");
        for (var i = 0; i < list.GetArrayLength(); i++)
        {
            AddChain(values, list[i], string.Create(CultureInfo.InvariantCulture, $"AgentPay:Chains:{i}"));
        }

        var first = list[0];
        values["AgentPay:Demo:Network"] = first.GetProperty("network").GetString();
        values["AgentPay:Demo:Asset"] = first.GetProperty("tokens")[0].GetProperty("address").GetString();
        values["AgentPay:Demo:PayTo"] = AccountOf(first, "merchant").GetProperty("address").GetString();
        values["AgentPay:Demo:Price"] = "1000";
        return new MemoryConfigurationSource { InitialData = values };
    }

    private static void AddChain(Dictionary<string, string?> values, JsonElement chain, string path)
    {
        values[$"{path}:Network"] = chain.GetProperty("network").GetString();
        var rpc = chain.GetProperty("rpc").GetString()!;
        values[$"{path}:RpcUrls:0"] = rpc;
        values[$"{path}:WebSocketUrl"] = "ws" + rpc["http".Length..];
        values[$"{path}:SignerKeys:0"] = AccountOf(chain, "facilitator").GetProperty("privateKey").GetString();
        values[$"{path}:PollMilliseconds"] = "25";
        var tokens = chain.GetProperty("tokens");
        for (var i = 0; i < tokens.GetArrayLength(); i++)
        {
            var token = string.Create(CultureInfo.InvariantCulture, $"{path}:Tokens:{i}");
            values[$"{token}:Address"] = tokens[i].GetProperty("address").GetString();
            values[$"{token}:Name"] = tokens[i].GetProperty("name").GetString();
            values[$"{token}:Version"] = tokens[i].GetProperty("version").GetString();
            values[$"{token}:Decimals"] = tokens[i].GetProperty("decimals").GetRawText();
        }
    }

    private static JsonElement AccountOf(JsonElement chain, string role) =>
        chain.GetProperty("accounts").EnumerateArray().First(account => account.GetProperty("role").GetString() == role);
}
