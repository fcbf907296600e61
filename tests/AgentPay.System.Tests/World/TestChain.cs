using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using AgentPay.Chains.Evm;

namespace AgentPay.SystemTests.World;

/// <summary>A real EVM node on a free port with the test token on it.</summary>
internal sealed class TestChain : IAsyncDisposable
{
    private const string ZeroGasArguments = "--gas-price 0 --base-fee 0 --no-priority-fee --hardfork istanbul";

    private static readonly string Erc20Transfer = Bytes32.Keccak("Transfer(address,address,uint256)"u8).ToString();

    private readonly Program _node;
    private readonly HttpClient _http = new();
    private readonly SemaphoreSlim _sending = new(1);
    private string _owner = "";

    private TestChain(Program node, ulong chainId, Uri url, bool isZeroGas)
    {
        _node = node;
        ChainId = chainId;
        Url = url;
        IsZeroGas = isZeroGas;
    }

    public ulong ChainId { get; }

    public string Network => $"eip155:{ChainId}";

    public Uri Url { get; }

    public bool IsZeroGas { get; }

    public Address Token { get; private set; }

    /// <summary>Who is paid; nobody has its key.</summary>
    public Address Merchant { get; } = Address.Parse("0x7100000000000000000000000000000000000071");

    /// <summary>Starts a chain of 84532 that mines at once, or as told: <c>--block-time 1</c>.</summary>
    public static Task<TestChain> StartAsync(string arguments = "", ulong chainId = 84532) => StartAsync(arguments, chainId, isZeroGas: false);

    /// <summary>Starts a chain with another token on it, from the test network's contracts.</summary>
    public static Task<TestChain> StartWithTokenAsync(string contract, string arguments = "") => StartAsync(arguments, 84532, isZeroGas: false, contract);

    /// <summary>Starts a chain whose gas is free, before the fee market.</summary>
    public static Task<TestChain> StartZeroGasAsync(string contract = "TestUsdc") => StartAsync(ZeroGasArguments, 324705682, isZeroGas: true, contract);

    /// <summary>Starts a chain whose gas is free, with a fee market whose base fee is zero.</summary>
    public static Task<TestChain> StartZeroBaseFeeAsync(string contract = "TestUsdc") =>
        StartAsync("--gas-price 0 --base-fee 0 --no-priority-fee --hardfork shanghai", 324705682, isZeroGas: true, contract);

    /// <summary>A key that pays gas here.</summary>
    public async Task<EvmSigner> NewGasKeyAsync()
    {
        var key = new EvmSigner(RandomNumberGenerator.GetBytes(32));
        await CallAsync("anvil_setBalance", key.Address.ToString(), "0x56bc75e2d63100000");
        return key;
    }

    /// <summary>A key that owns tokens here and no gas.</summary>
    public async Task<EvmSigner> NewPayerAsync(ulong atoms = 1_000_000)
    {
        var key = new EvmSigner(RandomNumberGenerator.GetBytes(32));
        await MintAsync(key.Address, atoms);
        return key;
    }

    public Task MintAsync(Address to, ulong atoms) =>
        SendAsync(_owner, Token.ToString(), new AbiWriter("mint(address,uint256)").Address(to).Number(atoms).ToArray());

    /// <summary>Gives so much to each of many, in few blocks, and gas.</summary>
    public async Task EndowAsync(IEnumerable<Address> many, ulong atoms)
    {
        foreach (var some in many.Chunk(100))
        {
            foreach (var to in some)
            {
                await CallAsync("anvil_setBalance", to.ToString(), "0x56bc75e2d63100000");
                var data = Hex(new AbiWriter("mint(address,uint256)").Address(to).Number(atoms).ToArray());
                await CallAsync("eth_sendTransaction", new { from = _owner, to = Token.ToString(), data, gas = "0x186a0" });
            }

            await MineAsync();
            await Wait.UntilAsync(async () => await BalanceAsync(some[^1]) == atoms);
        }
    }

    public async Task<ulong> BalanceAsync(Address account) =>
        ulong.Parse((await ReadAsync(new AbiWriter("balanceOf(address)").Address(account).ToArray()))[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Every authorization that was used, with its transaction: the chain's own log.</summary>
    public async Task<Dictionary<(Address Payer, Bytes32 Nonce), string>> AuthorizationsUsedAsync()
    {
        var filter = new { fromBlock = "0x0", toBlock = "latest", address = Token.ToString(), topics = new[] { Eip3009.AuthorizationUsed.ToString() } };
        return (await CallAsync("eth_getLogs", filter)).EnumerateArray().ToDictionary(
            static log => (Address.Parse("0x" + log.GetProperty("topics")[1].GetString()![26..]), new Bytes32(Convert.FromHexString(log.GetProperty("topics")[2].GetString().AsSpan(2)))),
            static log => log.GetProperty("transactionHash").GetString()!);
    }

    /// <summary>How often authorizations of this payer were used: the chain's own log.</summary>
    public async Task<int> AuthorizationsUsedAsync(Address payer)
    {
        var filter = new { fromBlock = "0x0", toBlock = "latest", address = Token.ToString(), topics = new[] { Eip3009.AuthorizationUsed.ToString(), Bytes32.From(payer).ToString() } };
        return (await CallAsync("eth_getLogs", filter)).GetArrayLength();
    }

    /// <summary>What left this account: the token's own log, oldest first.</summary>
    public async Task<(Address To, UInt256 Atoms, string Transaction)[]> TransfersFromAsync(Address account)
    {
        var filter = new { fromBlock = "0x0", toBlock = "latest", address = Token.ToString(), topics = new[] { Erc20Transfer, Bytes32.From(account).ToString() } };
        return [.. (await CallAsync("eth_getLogs", filter)).EnumerateArray().Select(log => (
            Address.Parse("0x" + log.GetProperty("topics")[2].GetString()![26..]),
            new UInt256(Convert.FromHexString(log.GetProperty("data").GetString().AsSpan(2))),
            log.GetProperty("transactionHash").GetString()!))];
    }

    /// <summary>Atoms that Permit2 may move of this account.</summary>
    public async Task<UInt256> Permit2AllowanceAsync(Address owner) =>
        new(Convert.FromHexString((await ReadAsync(new AbiWriter("allowance(address,address)").Address(owner).Address(Permit2.Contract).ToArray())).AsSpan(2)));

    /// <summary>Mined transactions of this account: its next nonce.</summary>
    public async Task<ulong> MinedOfAsync(Address account) => Number(await CallAsync("eth_getTransactionCount", account.ToString(), "latest"));

    /// <summary>Wei that transactions brought this account.</summary>
    public async Task<ulong> CoinsSentToAsync(Address account)
    {
        ulong sum = 0;
        for (var height = Number(await CallAsync("eth_blockNumber")); height > 0; height--)
        {
            var block = await CallAsync("eth_getBlockByNumber", $"0x{height:x}", true);
            sum = block.GetProperty("transactions").EnumerateArray().Where(sent => sent.GetProperty("to").GetString() == account.ToString())
                .Aggregate(sum, static (sum, sent) => sum + Number(sent.GetProperty("value")));
        }

        return sum;
    }

    /// <summary>Sends from an account that needs no key, and waits for its block.</summary>
    public async Task<JsonElement> SendAsync(string from, string? to, byte[] data)
    {
        await _sending.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            var price = IsZeroGas ? "0x0" : "0x174876e800";
            object transaction = to is null
                ? new { from, data = Hex(data), gas = "0x4c4b40", gasPrice = price }
                : new { from, to, data = Hex(data), gas = "0x4c4b40", gasPrice = price };
            var hash = (await CallAsync("eth_sendTransaction", transaction)).GetString()!;
            await CallAsync("anvil_mine", "0x1");
            var receipt = await Wait.ForAsync(() => ReceiptAsync(hash));
            Assert.Equal("0x1", receipt["status"].GetString());
            return receipt["contractAddress"];
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends from any account, whose key nobody needs here, and waits for its block: what is sent after it comes after it.</summary>
    public async Task<string> SendAsAsync(Address from, Address to, byte[] data)
    {
        await CallAsync("anvil_impersonateAccount", from.ToString());
        await CallAsync("anvil_setBalance", from.ToString(), "0x56bc75e2d63100000");
        var hash = (await CallAsync("eth_sendTransaction", new { from = from.ToString(), to = to.ToString(), data = Hex(data), gas = "0x4c4b40" })).GetString()!;
        await MineAsync();
        await Wait.ForAsync(() => ReceiptAsync(hash));
        return hash;
    }

    /// <summary>Puts a compiled contract of the test network at an address, as public chains have it there.</summary>
    public async Task PutAsync(Address place, string contract) =>
        await CallAsync("anvil_setCode", place.ToString(), await CodeAsync(await MakeAsync(contract)));

    /// <summary>Deploys a compiled contract of the test network.</summary>
    public async Task<Address> MakeAsync(string contract)
    {
        var file = IsZeroGas ? $"{contract}.istanbul.json" : $"{contract}.json";
        using var artifact = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Places.Devnet, "contracts", file), TestContext.Current.CancellationToken));
        return Address.Parse((await SendAsync(_owner, null, Convert.FromHexString(artifact.RootElement.GetProperty("bytecode").GetString().AsSpan(2)))).GetString()!);
    }

    /// <summary>The code at an address: 0x when there is none.</summary>
    public async Task<string> CodeAsync(Address account) => (await CallAsync("eth_getCode", account.ToString(), "latest")).GetString()!;

    /// <summary>Lets the token refuse what this account sends or gets.</summary>
    public Task BlacklistAsync(Address account) =>
        SendAsync(_owner, Token.ToString(), new AbiWriter("setBlacklisted(address,bool)").Address(account).Number(1UL).ToArray());

    /// <summary>Permit2 and the x402 proxy for scheme exact.</summary>
    public async Task PutPermit2Async()
    {
        await PutAsync(Permit2.Contract, "TestPermit2");
        await PutAsync(Permit2.Proxy, "TestX402ExactPermit2Proxy");
    }

    /// <summary>Lets Permit2 move tokens of the account.</summary>
    public Task ApprovePermit2Async(Address owner, UInt256 atoms) =>
        SendAsAsync(owner, Token, new AbiWriter("approve(address,uint256)").Address(Permit2.Contract).Number(atoms).ToArray());

    public Task MineAsync() => CallAsync("anvil_mine", "0x1");

    public async Task<bool> KnowsAsync(string transaction) => (await CallAsync("eth_getTransactionByHash", transaction)).ValueKind == JsonValueKind.Object;

    /// <summary>The receipt's members; null when there is none.</summary>
    public async Task<Dictionary<string, JsonElement>?> ReceiptAsync(string hash)
    {
        var receipt = await CallAsync("eth_getTransactionReceipt", hash);
        return receipt.ValueKind == JsonValueKind.Object ? receipt.Deserialize<Dictionary<string, JsonElement>>() : null;
    }

    public async Task<JsonElement> CallAsync(string method, params object[] parameters)
    {
        using var response = await _http.PostAsJsonAsync(Url, new { jsonrpc = "2.0", id = 1, method, @params = parameters }, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException($"{method}: {answer}");
    }

    public static ulong Number(JsonElement hex) => ulong.Parse(hex.GetString().AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _http.Dispose();
        _sending.Dispose();
    }

    private static async Task<TestChain> StartAsync(string arguments, ulong chainId, bool isZeroGas, string contract = "TestUsdc")
    {
        var program = Path.Combine(Places.Devnet, "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
        Assert.True(File.Exists(program), $"The local EVM node is missing: run npm ci --ignore-scripts in {Places.Devnet}.");
        var node = Program.Start(program, $"--host 127.0.0.1 --port 0 --chain-id {chainId} {arguments}".Split(' ', StringSplitOptions.RemoveEmptyEntries));
        const string Ready = "Listening on ";
        var line = await node.LineAsync(Ready);
        var chain = new TestChain(node, chainId, new Uri("http://" + line[(line.IndexOf(Ready, StringComparison.Ordinal) + Ready.Length)..].Trim()), isZeroGas);
        await chain.DeployAsync(isZeroGas ? $"{contract}.istanbul.json" : $"{contract}.json");
        return chain;
    }

    private async Task DeployAsync(string artifactFile)
    {
        _owner = (await CallAsync("eth_accounts"))[0].GetString()!;
        using var artifact = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Places.Devnet, "contracts", artifactFile), TestContext.Current.CancellationToken));
        var code = Convert.FromHexString(artifact.RootElement.GetProperty("bytecode").GetString().AsSpan(2));
        var words = new AbiWriter(ReadOnlySpan<byte>.Empty).Text("USDC").Text("2").ToArray();
        Token = Address.Parse((await SendAsync(_owner, null, [.. code, .. words])).GetString()!);
    }

    /// <summary>True when Permit2 has the nonce used.</summary>
    public async Task<bool> IsPermit2NonceUsedAsync(Address owner, Bytes32 nonce)
    {
        var bytes = nonce.ToArray();
        var word = new UInt256([0, .. bytes[..31]]);
        var data = new AbiWriter("nonceBitmap(address,uint256)").Address(owner).Number(word).ToArray();
        var bitmap = Convert.FromHexString((await CallAsync("eth_call", new { to = Permit2.Contract.ToString(), data = Hex(data) }, "latest")).GetString().AsSpan(2));
        return (bitmap[31 - (bytes[31] / 8)] >> (bytes[31] % 8) & 1) == 1;
    }

    private async Task<string> ReadAsync(byte[] data) => (await CallAsync("eth_call", new { to = Token.ToString(), data = Hex(data) }, "latest")).GetString()!;

    private static string Hex(byte[] data) => "0x" + Convert.ToHexStringLower(data);
}
