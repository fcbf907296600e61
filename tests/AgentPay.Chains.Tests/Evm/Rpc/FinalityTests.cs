using AgentPay.Chains.Evm;
using AgentPay.Testing;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class FinalityTests
{
    private readonly ManualTimeProvider _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""  "result":null """)]
    [InlineData("""  "error":{"code":-39001,"message":"finalized block not found"} """)]
    [InlineData("""  "error":{"code":-32602,"message":"invalid block tag"} """)]
    public async Task A_node_without_tags_is_read_by_depth(string member)
    {
        await using var node = await FaultyNode.StartAsync(node => node.Member = call =>
            NodeTroubleTests.Method(call) == "eth_getBlockByNumber" && call.GetProperty("params")[0].GetString() is "safe" or "finalized" ? member : null);
        using var chain = FaultyNode.Chain(_clock, node);
        var finality = await chain.ReadFinalityAsync(10, 64, Token);
        Assert.Equal((100UL, 90UL, 36UL), (finality.Head.Cursor.Number, finality.Safe!.Cursor.Number, finality.Final!.Cursor.Number));
        Assert.Equal((FinalityBasis.Depth, FinalityBasis.Depth), (finality.SafeBasis, finality.FinalBasis));
    }

    [Fact]
    public async Task A_chain_as_high_as_the_depth_has_a_final_block_and_one_block_lower_it_has_none()
    {
        await using var node = await FaultyNode.StartAsync();
        using var chain = FaultyNode.Chain(_clock, node);
        Assert.Equal(0UL, (await chain.ReadFinalityAsync(10, 100, Token)).Final!.Cursor.Number);
        Assert.Null((await chain.ReadFinalityAsync(10, 101, Token)).Final);
    }

    [Fact]
    public async Task What_is_final_by_its_tag_is_safe_whatever_the_depth()
    {
        await using var node = await FaultyNode.StartAsync(node => node.Member = call =>
            NodeTroubleTests.Method(call) == "eth_getBlockByNumber" && call.GetProperty("params")[0].GetString() == "finalized" ? Block(95) : null);
        using var chain = FaultyNode.Chain(_clock, node);
        var finality = await chain.ReadFinalityAsync(10, 64, Token);
        Assert.Equal((95UL, FinalityBasis.Tag, 95UL, FinalityBasis.Tag), (finality.Safe!.Cursor.Number, finality.SafeBasis, finality.Final!.Cursor.Number, finality.FinalBasis));
    }

    [Fact]
    public async Task A_final_block_above_the_head_comes_from_two_views_and_is_not_taken()
    {
        await using var mixed = await FaultyNode.StartAsync(node => node.Member = call =>
            NodeTroubleTests.Method(call) == "eth_getBlockByNumber" && call.GetProperty("params")[0].GetString() == "finalized" ? Block(101) : null);
        await using var good = await FaultyNode.StartAsync();
        using var chain = FaultyNode.Chain(_clock, mixed, good);
        Assert.Equal(36UL, (await chain.ReadFinalityAsync(10, 64, Token)).Final!.Cursor.Number);
    }

    private static string Block(ulong number) =>
        $$""" "result":{"number":"0x{{number:x}}","hash":"{{FaultyNode.Hash(number)}}","parentHash":"{{FaultyNode.Hash(number - 1)}}","timestamp":"0x1","transactions":[]} """;
}
