using System.Globalization;
using System.Text.Json;
using AgentPay.Chains.Evm;
using Microsoft.AspNetCore.Http;

namespace AgentPay.Chains.Tests.Evm.Rpc;

/// <summary>What the bytes of a transaction cost beside its gas, on a chain of the OP stack and elsewhere.</summary>
public sealed class DataFeeTests
{
    private const string Reverts = """ "error":{"code":3,"message":"execution reverted"} """;
    private static readonly byte[] Signed = Convert.FromHexString("02f801020304");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_questions_are_those_of_the_contract()
    {
        Assert.Equal("f1c7a58b" + 6.ToString("x64", CultureInfo.InvariantCulture), Convert.ToHexStringLower(DataFeeReader.UpperBound(6)));
        Assert.Equal(
            "49948e0e" + 32.ToString("x64", CultureInfo.InvariantCulture) + 6.ToString("x64", CultureInfo.InvariantCulture) + "02f801020304" + new string('0', 52),
            Convert.ToHexStringLower(DataFeeReader.Exactly(Signed)));
        Assert.Equal(Bytes32.Keccak("getL1FeeUpperBound(uint256)"u8).ToString()[2..10], Convert.ToHexStringLower(DataFeeReader.UpperBound(6))[..8]);
        Assert.Equal(Bytes32.Keccak("getL1Fee(bytes)"u8).ToString()[2..10], Convert.ToHexStringLower(DataFeeReader.Exactly(Signed))[..8]);
    }

    [Fact]
    public async Task Where_there_is_no_such_contract_it_is_nothing_and_that_is_asked_once()
    {
        var asked = new List<string>();
        await using var node = await NodeAsync(asked, code: "0x", bound: Reverts, exactly: Reverts);
        using var chain = ChainOf(node);

        Assert.Equal([UInt256.Zero, UInt256.Zero], [await chain.ReadDataFeeAsync(Signed, Token), await chain.ReadDataFeeAsync(Signed, Token)]);
        Assert.Equal(["eth_getCode"], asked);
    }

    [Fact]
    public async Task The_upper_bound_for_its_size_counts_where_there_is_one()
    {
        var asked = new List<string>();
        await using var node = await NodeAsync(asked, code: "0x60", bound: Word(77), exactly: Word(99));
        using var chain = ChainOf(node);

        Assert.Equal([77UL, 77UL], [await chain.ReadDataFeeAsync(Signed, Token), await chain.ReadDataFeeAsync(Signed, Token)]);
        Assert.Equal(["eth_getCode", "f1c7a58b", "f1c7a58b"], asked);
    }

    [Fact]
    public async Task Before_there_was_a_bound_the_bytes_themselves_are_asked_about()
    {
        var asked = new List<string>();
        await using var node = await NodeAsync(asked, code: "0x60", bound: Reverts, exactly: Word(99));
        using var chain = ChainOf(node);

        Assert.Equal(99UL, await chain.ReadDataFeeAsync(Signed, Token));
        Assert.Equal(["eth_getCode", "f1c7a58b", "49948e0e"], asked);
    }

    [Fact]
    public async Task A_contract_that_knows_neither_charges_nothing()
    {
        await using var node = await NodeAsync([], code: "0x60", bound: Reverts, exactly: Reverts);
        using var chain = ChainOf(node);

        Assert.Equal(UInt256.Zero, await chain.ReadDataFeeAsync(Signed, Token));
    }

    [Fact]
    public async Task A_node_that_does_not_tell_is_no_answer()
    {
        await using var node = await NodeAsync([], code: "0x60", bound: """ "error":{"code":-32000,"message":"header not found"} """, exactly: Word(99));
        using var chain = ChainOf(node);

        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadDataFeeAsync(Signed, Token));
    }

    private static EvmChain ChainOf(StubNode node) => new(new EvmChainOptions { Network = "eip155:84532", RpcUrls = [node.Url] }, TimeProvider.System);

    private static string Word(int wei) => $"\"result\":\"0x{wei.ToString("x64", CultureInfo.InvariantCulture)}\"";

    private static Task<StubNode> NodeAsync(List<string> asked, string code, string bound, string exactly) => StubNode.StartAsync((request, response) =>
    {
        var call = request.ValueKind == JsonValueKind.Array ? request[0] : request;
        var id = call.GetProperty("id").GetRawText();
        var (what, answer) = call.GetProperty("method").GetString() == "eth_getCode" ? ("eth_getCode", $"\"result\":\"{code}\"") : Call(call.GetProperty("params")[0]);
        asked.Add(what);
        var body = $$"""{"jsonrpc":"2.0","id":{{id}},{{answer}}}""";
        return response.WriteAsync(request.ValueKind == JsonValueKind.Array ? $"[{body}]" : body);

        (string What, string Answer) Call(JsonElement parameters)
        {
            Assert.Equal("0x420000000000000000000000000000000000000f", parameters.GetProperty("to").GetString());
            var selector = parameters.GetProperty("data").GetString()![2..10];
            return (selector, selector == "f1c7a58b" ? bound : exactly);
        }
    });
}
