using System.Text.Json.Nodes;

namespace AgentPay.Benchmarks.World;

/// <summary>A facilitator as a process: the engine, or the reference.</summary>
internal sealed class FacilitatorProcess : IAsyncDisposable
{
    private readonly ChildProcess process;
    private readonly string? data;

    private FacilitatorProcess(string name, ChildProcess process, Uri url, string path, string? data)
    {
        this.process = process;
        this.data = data;
        Name = name;
        Url = url;
        Path = path;
    }

    public string Name { get; }

    public Uri Url { get; }

    /// <summary>What comes before <c>/verify</c>.</summary>
    public string Path { get; }

    public int ProcessId => process.Id;

    public string Output => process.Output;

    /// <summary>The engine with a key and a data folder of its own; settings as they come, but for those an operator must give.</summary>
    public static async Task<FacilitatorProcess> StartEngineAsync(LocalChain chain, IReadOnlyDictionary<string, string>? settings = null)
    {
        await chain.FundAsync(Keys.Of("engine").Address);
        var data = Directory.CreateTempSubdirectory("agentpay-bench-").FullName;
        var environment = new Dictionary<string, string>
        {
            ["AgentPay__Chains__0__Network"] = $"eip155:{LocalChain.ChainId}",
            ["AgentPay__Chains__0__RpcUrls__0"] = chain.Url.ToString(),
            ["AgentPay__Chains__0__SignerKeys__0"] = Keys.Hex("engine"),
            ["AgentPay__Chains__0__Tokens__0__Address"] = chain.Token.ToString(),
            ["AgentPay__Chains__0__Tokens__0__Name"] = LocalChain.TokenName,
            ["AgentPay__Chains__0__Tokens__0__Version"] = LocalChain.TokenVersion,
            ["AgentPay__Facilitator__Access"] = "open",
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            environment[name] = value;
        }

        const string Listening = "Now listening on: ";
        var (process, url) = await ChildProcess.StartAsync(
            "dotnet", [Repository.Engine, "up", "--port", "0", "--data", data],
            line => line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0 ? line[(at + Listening.Length)..].Trim() : null, environment);
        return new FacilitatorProcess("engine", process, new Uri(url), "/facilitator", data);
    }

    /// <summary>The reference TypeScript facilitator (tests/devnet/reference-facilitator.mjs).</summary>
    public static async Task<FacilitatorProcess> StartReferenceAsync(LocalChain chain, bool nonceManager)
    {
        var role = nonceManager ? "reference" : "plain reference";
        await chain.FundAsync(Keys.Of(role).Address);
        string[] arguments =
        [
            System.IO.Path.Combine(Repository.Devnet, "reference-facilitator.mjs"), "--rpc", chain.Url.ToString(), "--chain-id", $"{LocalChain.ChainId}",
            "--key", Keys.Hex(role), .. nonceManager ? new[] { "--nonce-manager" } : [],
        ];
        var (process, line) = await ChildProcess.StartAsync("node", arguments, line => line.StartsWith("{\"url\"", StringComparison.Ordinal) ? line : null);
        return new FacilitatorProcess(nonceManager ? "reference + nonce manager" : "reference", process, new Uri(JsonNode.Parse(line)!["url"]!.GetValue<string>()), "", null);
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        if (data is not null)
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
