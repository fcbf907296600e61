using System.Security.Cryptography;
using System.Text.Json;
using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Clients;

/// <summary>A new payer who owns tokens and no coins, and buys the demo's quote with the unmodified client <c>@x402/fetch</c>.</summary>
internal sealed class Buyer
{
    public const ulong Funds = 1_000_000;

    private readonly EngineOnChain _world;
    private readonly string _key;

    private Buyer(EngineOnChain world, string key, Address address)
    {
        _world = world;
        _key = key;
        Address = address;
    }

    public Address Address { get; }

    /// <summary>A new one.</summary>
    /// <param name="world">Where it buys.</param>
    /// <param name="wei">Its coins.</param>
    public static async Task<Buyer> NewAsync(EngineOnChain world, ulong wei = 0)
    {
        var bytes = RandomNumberGenerator.GetBytes(32);
        using var payer = new EvmSigner(bytes);
        await world.Chain.MintAsync(payer.Address, Funds);
        await world.Chain.CallAsync("anvil_setBalance", payer.Address.ToString(), $"0x{wei:x}");
        return new Buyer(world, "0x" + Convert.ToHexStringLower(bytes), payer.Address);
    }

    /// <summary>Asks for the quote and pays for it; the client's report.</summary>
    /// <param name="canRead">It has a node to read the chain from, without which it signs no approvals.</param>
    /// <param name="more">More of the program's arguments.</param>
    public async Task<JsonElement> BuyAsync(bool canRead = true, params string[] more)
    {
        string[] node = canRead ? ["--rpc", _world.Chain.Url.ToString()] : [];
        await using var agent = Program.Start(
            "node", [Path.Combine(Places.Devnet, "agent.mjs"), $"{_world.Engine.Url}demo/quote", "--key", _key, "--json", .. node, .. more]);
        await agent.EndAsync();
        var report = JsonDocument.Parse(agent.Output).RootElement;
        Assert.True(report.GetProperty("payload").ValueKind == JsonValueKind.Object, $"The client made no payment: {report.GetProperty("error")}");
        return report;
    }

    /// <summary>It got its quote, and its money moved once, by Permit2 and by nothing else.</summary>
    public async Task AssertPaidAsync(JsonElement report, int times = 1)
    {
        Assert.True(report.GetProperty("status").GetInt32() == 200, report.ToString());
        Assert.NotEmpty(report.GetProperty("body").GetProperty("text").GetString()!);
        Assert.True(report.GetProperty("payload").GetProperty("payload").TryGetProperty("permit2Authorization", out _));
        var receipt = report.GetProperty("receipt");
        Assert.True(receipt.GetProperty("success").GetBoolean());
        var transaction = receipt.GetProperty("transaction").GetString()!;

        var transfers = await _world.Chain.TransfersFromAsync(Address);
        Assert.Equal(times, transfers.Length);
        Assert.Equal((_world.Chain.Merchant, (UInt256)Payment.Price, transaction), transfers[^1]);
        Assert.Equal(Funds - ((ulong)times * Payment.Price), await _world.Chain.BalanceAsync(Address));
        var mined = await _world.Chain.CallAsync("eth_getTransactionByHash", transaction);
        Assert.Equal(_world.Signer.ToString(), mined.GetProperty("from").GetString(), ignoreCase: true);

        var settlement = (await _world.Engine.GetAsync($"/v1/settlements/by-transaction/{transaction}")).Json;
        EngineOnChain.AssertLedgerSumsToZero(settlement, rows: 1);
        EngineOnChain.AssertEvents(settlement, "settlement.reserved", "settlement.submitted", "settlement.confirmed");
    }

    /// <summary>It got nothing for this reason, and nothing of it moved.</summary>
    public async Task AssertRefusedAsync(JsonElement report, int status, string reason)
    {
        Assert.Equal((status, reason), (report.GetProperty("status").GetInt32(), report.GetProperty("refusal").GetString()));
        Assert.Empty(await _world.Chain.TransfersFromAsync(Address));
        Assert.Equal(UInt256.Zero, await _world.Chain.Permit2AllowanceAsync(Address));
        Assert.Equal(0UL, await _world.Chain.MinedOfAsync(Address));
    }

    /// <summary>What the client sent of its own under this extension; a seller's words alone are none.</summary>
    public static bool Signed(JsonElement report, string extension, string member) =>
        report.GetProperty("payload").GetProperty("extensions").TryGetProperty(extension, out var sent) && sent.GetProperty("info").TryGetProperty(member, out _);
}
