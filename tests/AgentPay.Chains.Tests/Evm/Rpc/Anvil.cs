using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

/// <summary>A real EVM node on this machine, for one test class. Its first two well-known accounts are rich.</summary>
public class Anvil : IAsyncLifetime
{
    private static readonly string Devnet = typeof(Anvil).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "DevnetFolder").Value!;

    private readonly HttpClient _http = new();
    private Process? _process;
    private int _reorganizations;

    public virtual ulong ChainId => 84532;

    public Uri Url { get; private set; } = new("http://127.0.0.1");

    /// <summary>Pays the gas and owns the tokens.</summary>
    public EvmSigner Operator { get; } = EvmSigner.Parse("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

    /// <summary>Another rich account.</summary>
    public EvmSigner Second { get; } = EvmSigner.Parse("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");

    protected virtual string Arguments => "";

    public EvmChain Chain(Func<EvmChainOptions, EvmChainOptions>? change = null)
    {
        var options = new EvmChainOptions { Network = $"eip155:{ChainId}", RpcUrls = [Url], PollInterval = TimeSpan.FromMilliseconds(5) };
        return new EvmChain(change is null ? options : change(options), TimeProvider.System);
    }

    public async ValueTask InitializeAsync()
    {
        var program = Path.Combine(Devnet, "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
        if (!File.Exists(program))
        {
            throw new FileNotFoundException($"The local EVM node is missing: run npm ci --ignore-scripts in {Devnet}.", program);
        }

        _process = Process.Start(new ProcessStartInfo(program, $"--host 127.0.0.1 --port 0 --chain-id {ChainId} {Arguments}") { RedirectStandardOutput = true })!;
        const string Ready = "Listening on ";
        while (await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith(Ready, StringComparison.Ordinal))
            {
                Url = new Uri("http://" + line[Ready.Length..]);
                _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                return;
            }
        }

        throw new InvalidOperationException("The local EVM node ended before it listened.");
    }

    public async ValueTask DisposeAsync()
    {
        _process?.Kill();
        _process?.Dispose();
        _http.Dispose();
        Operator.Dispose();
        Second.Dispose();
        GC.SuppressFinalize(this);
        await ValueTask.CompletedTask;
    }

    /// <summary>Calls the node past the code under test. Parameters are a JSON array.</summary>
    public async Task<JsonElement> CallAsync(string method, string parameters = "[]")
    {
        using var content = new StringContent($$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":{{parameters}}}""", Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(Url, content, TestContext.Current.CancellationToken);
        var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).RootElement;
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException($"{method}: {answer}");
    }

    /// <summary>Deploys the test token.</summary>
    public Task<Address> DeployTokenAsync(string name = "USD Coin", string version = "2") =>
        DeployAsync("TestUsdc", new AbiWriter(ReadOnlySpan<byte>.Empty).Text(name).Text(version).ToArray());

    /// <summary>Deploys a compiled contract of the test network.</summary>
    public async Task<Address> DeployAsync(string contract, params byte[] arguments)
    {
        using var artifact = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Devnet, $"contracts/{contract}.json"), TestContext.Current.CancellationToken));
        var receipt = await SendAsync(null, [.. artifact.RootElement.GetProperty("bytecode").Unhex(), .. arguments]);
        return receipt.GetProperty("contractAddress").Address();
    }

    public Task MintAsync(Address token, Address to, UInt256 value) =>
        SendAsync(token, new AbiWriter("mint(address,uint256)").Address(to).Number(value).ToArray());

    public Task SetCodeAsync(Address address, string code) => CallAsync("anvil_setCode", $"[\"{address}\",\"0x{code}\"]");

    public Task MineAsync(int blocks = 1) => CallAsync("anvil_mine", $"[\"0x{blocks:x}\"]");

    /// <summary>Replaces the last blocks, which must be empty. A transaction in the first new one makes sure that they differ from the old ones.</summary>
    public async Task ReorganizeAsync(int depth)
    {
        var signed = await SignAsync(Operator.Address, BitConverter.GetBytes(++_reorganizations));
        await CallAsync("anvil_reorg", $"[{depth},[[\"0x{Convert.ToHexStringLower(signed.Raw.Span)}\",0]]]");
    }

    /// <summary>Signs with the operator's next nonce.</summary>
    public async Task<SignedTransaction> SignAsync(Address? to, byte[] data, EvmSigner? signer = null, Func<TransactionRequest, TransactionRequest>? change = null)
    {
        var key = signer ?? Operator;
        var nonce = Convert.ToUInt64((await CallAsync("eth_getTransactionCount", $"[\"{key.Address}\",\"pending\"]")).GetString(), 16);
        var request = new TransactionRequest(ChainId, nonce, 3_000_000, new FeeQuote(false, 100_000_000_000UL, 1UL), to, 0UL, data);
        return key.Sign(change is null ? request : change(request));
    }

    private async Task<JsonElement> SendAsync(Address? to, byte[] data)
    {
        var signed = await SignAsync(to, data);
        return await CallAsync("eth_sendRawTransactionSync", $"[\"0x{Convert.ToHexStringLower(signed.Raw.Span)}\"]");
    }
}
