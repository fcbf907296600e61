using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AgentPay.Chains.Evm;

namespace AgentPay.Benchmarks.World;

/// <summary>Anvil with the test token and Multicall3 on it.</summary>
internal sealed partial class LocalChain : IAsyncDisposable
{
    public const ulong ChainId = 84532;
    public const string TokenName = "USDC";
    public const string TokenVersion = "2";

    private readonly ChildProcess anvil;
    private readonly HttpClient http = new();

    private LocalChain(ChildProcess anvil, Uri url)
    {
        this.anvil = anvil;
        Url = url;
    }

    public Uri Url { get; }

    public int ProcessId => anvil.Id;

    public Address Token { get; private set; }

    /// <param name="blockSeconds">0: a block for each transaction, at once.</param>
    public static async Task<LocalChain> StartAsync(int blockSeconds)
    {
        var binary = Path.Combine(Repository.Devnet, "node_modules", "@foundry-rs", "anvil-linux-amd64", "bin", "anvil");
        string[] arguments = ["--host", "127.0.0.1", "--port", "0", "--chain-id", $"{ChainId}", "--gas-limit", "300000000"];
        string[] timed = blockSeconds == 0 ? [] : ["--block-time", $"{blockSeconds}"];
        var (anvil, url) = await ChildProcess.StartAsync(binary, [.. arguments, .. timed], line =>
            line.StartsWith("Listening on ", StringComparison.Ordinal) ? "http://" + line["Listening on ".Length..] : null);
        var chain = new LocalChain(anvil, new Uri(url));
        try
        {
            var contract = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Devnet, "contracts", "TestUsdc.json")))!;
            var arguments712 = new AbiWriter(ReadOnlySpan<byte>.Empty).Text(TokenName).Text(TokenVersion).ToArray();
            var receipt = await chain.SendAsync(null, $"{contract["bytecode"]}{Convert.ToHexStringLower(arguments712)}");
            chain.Token = Address.Parse(receipt["contractAddress"]!.GetValue<string>());
            await chain.InstallMulticall3Async();
            return chain;
        }
        catch
        {
            await chain.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives native coins for gas.</summary>
    public Task FundAsync(Address account) => AskAsync("anvil_setBalance", account.ToString(), "0x56bc75e2d63100000");

    /// <summary>Gives tokens.</summary>
    public Task MintAsync(Address account, ulong atoms) =>
        SendAsync(Token, Hex(new AbiWriter("mint(address,uint256)").Address(account).Number(atoms).ToArray()));

    /// <summary>Which of these authorizations the token has taken, read from the chain.</summary>
    public async Task<bool[]> AreUsedAsync(IReadOnlyList<(Address Payer, Bytes32 Nonce)> authorizations)
    {
        var used = new bool[authorizations.Count];
        foreach (var chunk in Enumerable.Range(0, authorizations.Count).Chunk(200))
        {
            var calls = new JsonArray([.. chunk.Select(i => Call(i, "eth_call", new JsonObject
            {
                ["to"] = Token.ToString(),
                ["data"] = Hex(new AbiWriter("authorizationState(address,bytes32)").Address(authorizations[i].Payer).Word(authorizations[i].Nonce).ToArray()),
            }, "latest"))]);
            using var response = await http.PostAsJsonAsync(Url, calls);
            foreach (var reply in (await response.Content.ReadFromJsonAsync<JsonArray>())!)
            {
                used[reply!["id"]!.GetValue<int>()] = reply["result"]!.GetValue<string>().EndsWith('1');
            }
        }

        return used;
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await anvil.DisposeAsync();
    }

    /// <summary>Sends signed bytes, mines them and gives the receipt.</summary>
    public async Task<(ulong GasUsed, int Logs)> MineAsync(ReadOnlyMemory<byte> signed)
    {
        var hash = (await AskAsync("eth_sendRawTransaction", Hex(signed.ToArray()))).GetValue<string>();
        var receipt = await ReceiptAsync(hash);
        return (Convert.ToUInt64(receipt["gasUsed"]!.GetValue<string>()[2..], 16), receipt["logs"]!.AsArray().Count);
    }

    /// <summary>Gas that the calls made by a mined transaction's contract used themselves.</summary>
    public async Task<ulong> TraceInnerGasAsync(Bytes32 transaction)
    {
        var trace = await AskAsync("debug_traceTransaction", transaction.ToString(), new JsonObject { ["tracer"] = "callTracer" });
        return trace["calls"]!.AsArray().Aggregate(0UL, static (sum, call) => sum + Convert.ToUInt64(call!["gasUsed"]!.GetValue<string>()[2..], 16));
    }

    private async Task InstallMulticall3Async()
    {
        // The published contract, as the npm client carries it.
        var constants = await File.ReadAllTextAsync(Path.Combine(Repository.Devnet, "node_modules", "viem", "_cjs", "constants", "contracts.js"));
        var receipt = await SendAsync(null, Multicall3Bytecode().Match(constants).Groups[1].Value);
        var code = await AskAsync("eth_getCode", receipt["contractAddress"]!.GetValue<string>(), "latest");
        await AskAsync("anvil_setCode", Multicall3.Address.ToString(), code.GetValue<string>());
    }

    [GeneratedRegex("exports\\.multicall3Bytecode = '(0x[0-9a-f]+)'")]
    private static partial Regex Multicall3Bytecode();

    private async Task<JsonNode> SendAsync(Address? to, string data)
    {
        var accounts = await AskAsync("eth_accounts");
        var transaction = new JsonObject { ["from"] = accounts[0]!.GetValue<string>(), ["data"] = data };
        if (to is { } address)
        {
            transaction["to"] = address.ToString();
        }

        return await ReceiptAsync((await AskAsync("eth_sendTransaction", transaction)).GetValue<string>());
    }

    private async Task<JsonNode> ReceiptAsync(string hash)
    {
        for (var tries = 0; tries < 1_000; tries++)
        {
            await AskAsync("evm_mine");
            if (await TryAskAsync("eth_getTransactionReceipt", hash) is { } receipt)
            {
                return receipt["status"]!.GetValue<string>() == "0x1" ? receipt : throw new InvalidOperationException($"{hash} reverted.");
            }
        }

        throw new InvalidOperationException($"{hash} was not mined.");
    }

    private async Task<JsonNode> AskAsync(string method, params JsonNode?[] parameters) =>
        await TryAskAsync(method, parameters) ?? throw new InvalidOperationException($"{method} gave nothing.");

    private async Task<JsonNode?> TryAskAsync(string method, params JsonNode?[] parameters)
    {
        using var response = await http.PostAsJsonAsync(Url, Call(1, method, parameters));
        var reply = (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        return reply["error"] is { } error ? throw new InvalidOperationException($"{method}: {error}") : reply["result"] ?? (method.StartsWith("anvil_set", StringComparison.Ordinal) ? "" : null);
    }

    private static JsonObject Call(int id, string method, params JsonNode?[] parameters) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = new JsonArray(parameters) };

    private static string Hex(byte[] data) => "0x" + Convert.ToHexStringLower(data);
}
