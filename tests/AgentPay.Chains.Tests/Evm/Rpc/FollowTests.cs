using System.Text.Json;
using AgentPay.Chains.Evm;
using Microsoft.AspNetCore.Http;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class FollowTests : IClassFixture<Anvil>, IDisposable
{
    private readonly Anvil _anvil;

    // A block that never comes fails the test instead of holding up the run.
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public FollowTests(Anvil anvil)
    {
        _anvil = anvil;
        _limit.CancelAfter(TimeSpan.FromSeconds(30));
    }

    private CancellationToken Token => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task Each_new_block_comes_once_in_order_from_the_head_on()
    {
        using var chain = _anvil.Chain();
        var head = (await chain.ReadBlockAsync(BlockTag.Latest, Token))!;
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        Assert.Equal(head.Cursor, await ConnectedAsync(steps));
        await _anvil.MineAsync(200);
        var parent = head.Cursor;
        for (var i = 0; i < 200; i++)
        {
            Assert.True(await steps.MoveNextAsync());
            Assert.Equal(ChainStepKind.Connected, steps.Current.Kind);
            Assert.Equal(parent.Hash, steps.Current.Block.Parent);
            Assert.Equal(parent.Number + 1, steps.Current.Block.Cursor.Number);
            parent = steps.Current.Block.Cursor;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_reorganization_takes_back_the_lost_blocks_newest_first_and_goes_on_with_the_new_ones(int depth)
    {
        using var chain = _anvil.Chain();
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        await ConnectedAsync(steps);
        await _anvil.MineAsync(4);
        var blocks = new List<BlockCursor>();
        for (var i = 0; i < 4; i++)
        {
            blocks.Add(await ConnectedAsync(steps));
        }

        await _anvil.ReorganizeAsync(depth);
        for (var i = 0; i < depth; i++)
        {
            Assert.True(await steps.MoveNextAsync());
            Assert.Equal(ChainStepKind.Disconnected, steps.Current.Kind);
            Assert.Equal(blocks[^(i + 1)], steps.Current.Block.Cursor);
        }

        for (var i = 0; i < depth; i++)
        {
            var next = await ConnectedAsync(steps);
            Assert.Equal(blocks[4 - depth + i].Number, next.Number);
            Assert.NotEqual(blocks[4 - depth + i].Hash, next.Hash);
        }
    }

    [Fact]
    public async Task A_head_that_goes_back_takes_back_what_was_above_it_once_another_block_stands_there()
    {
        using var chain = _anvil.Chain();
        await _anvil.MineAsync(3);
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        var head = await ConnectedAsync(steps);
        await _anvil.CallAsync("anvil_rollback", "[2]");
        await _anvil.CallAsync("evm_increaseTime", "[100]");
        await _anvil.MineAsync();
        for (ulong i = 0; i < 2; i++)
        {
            Assert.True(await steps.MoveNextAsync());
            Assert.Equal((ChainStepKind.Disconnected, head.Number - i), (steps.Current.Kind, steps.Current.Block.Cursor.Number));
        }

        Assert.Equal(head.Number - 1, (await ConnectedAsync(steps)).Number);
    }

    [Fact]
    public async Task A_node_that_is_behind_loses_no_block()
    {
        // Two nodes behind one address: every other answer comes from the one that is two blocks behind.
        var heads = new Queue<ulong>([12, 10, 12, 11, 13, 11]);
        await using var node = await StubNode.StartAsync((request, response) => AnswerBlocksAsync(request, response, () => heads.TryDequeue(out var next) ? next : 14));
        using var chain = new EvmChain(
            new EvmChainOptions { Network = "eip155:84532", RpcUrls = [node.Url], PollInterval = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);

        for (ulong number = 12; number <= 14; number++)
        {
            Assert.Equal(number, (await ConnectedAsync(steps)).Number);
        }

        Assert.Empty(heads);
    }

    [Fact]
    public async Task A_node_that_is_behind_when_following_begins_loses_no_block()
    {
        // It knows the block by its hash, from the other node behind its address, and by its number not yet.
        await using var node = await StubNode.StartAsync((request, response) => response.WriteAsync(
            $$"""{"jsonrpc":"2.0","id":{{request.GetProperty("id")}},"result":{{(request.GetProperty("method").GetString() == "eth_getBlockByHash" ? Block(12) : "null")}} }"""));
        using var chain = new EvmChain(new EvmChainOptions { Network = "eip155:84532", RpcUrls = [node.Url] }, TimeProvider.System);
        await using var steps = chain.FollowAsync(new BlockCursor(12, Bytes32.Parse($"0x{12:x64}")), Token).GetAsyncEnumerator(Token);

        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await steps.MoveNextAsync());
    }

    [Fact]
    public async Task Following_goes_on_after_a_known_block()
    {
        using var chain = _anvil.Chain();
        await _anvil.MineAsync(2);
        var known = (await chain.ReadBlockAsync(BlockTag.Latest, Token))!.Cursor;
        await _anvil.MineAsync(2);
        await using var steps = chain.FollowAsync(known, Token).GetAsyncEnumerator(Token);
        Assert.Equal(known.Number + 1, (await ConnectedAsync(steps)).Number);
        Assert.Equal(known.Number + 2, (await ConnectedAsync(steps)).Number);
        await _anvil.ReorganizeAsync(3);
        Assert.True(await steps.MoveNextAsync() && await steps.MoveNextAsync() && await steps.MoveNextAsync());
        Assert.Equal(new ChainStep(ChainStepKind.Disconnected, steps.Current.Block), steps.Current);
        Assert.Equal(known, steps.Current.Block.Cursor);
    }

    [Fact]
    public async Task A_lost_block_that_the_node_forgot_is_no_place_to_go_on_from()
    {
        using var chain = _anvil.Chain();
        await _anvil.MineAsync(3);
        var lost = (await chain.ReadBlockAsync(BlockTag.Latest, Token))!.Cursor;
        await _anvil.ReorganizeAsync(2);
        await using var steps = chain.FollowAsync(lost, Token).GetAsyncEnumerator(Token);
        var refused = await Assert.ThrowsAsync<ChainUnavailableException>(async () => await steps.MoveNextAsync());
        Assert.EndsWith("is not part of the chain and the node does not know it: follow from an older block.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reorganization_deeper_than_remembered_ends_the_walk()
    {
        using var chain = _anvil.Chain();
        await _anvil.MineAsync(100);
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        await ConnectedAsync(steps);
        await _anvil.ReorganizeAsync(80);
        var deep = await Assert.ThrowsAsync<ChainUnavailableException>(async () =>
        {
            while (await steps.MoveNextAsync())
            {
                Assert.Equal(ChainStepKind.Disconnected, steps.Current.Kind);
            }
        });
        Assert.EndsWith("deeper than is remembered.", deep.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tags_and_heights_name_blocks_and_a_height_above_the_head_none()
    {
        using var chain = _anvil.Chain();
        await _anvil.MineAsync(70);
        var head = (await chain.ReadBlockAsync(BlockTag.Latest, Token))!.Cursor.Number;
        var (safe, final) = ((await chain.ReadBlockAsync(BlockTag.Safe, Token))!.Cursor.Number, (await chain.ReadBlockAsync(BlockTag.Finalized, Token))!.Cursor.Number);
        Assert.True(head > safe && safe > final);
        Assert.Null(await chain.ReadBlockAsync(BlockTag.At(head + 1), Token));
        Assert.Equal(final, (await chain.ReadBlockAsync(BlockTag.At(final), Token))!.Cursor.Number);
    }

    private static Task AnswerBlocksAsync(JsonElement request, HttpResponse response, Func<ulong> head)
    {
        var calls = request.ValueKind == JsonValueKind.Array ? [.. request.EnumerateArray()] : new[] { request };
        var answers = calls.Select(call =>
        {
            var tag = call.GetProperty("params")[0].GetString()!;
            var number = tag == "latest" ? head() : Convert.ToUInt64(tag, 16);
            return $$"""{"jsonrpc":"2.0","id":{{call.GetProperty("id")}},"result":{{Block(number)}} }""";
        });
        var text = string.Join(',', answers);
        return response.WriteAsync(request.ValueKind == JsonValueKind.Array ? $"[{text}]" : text);
    }

    private static string Block(ulong number) =>
        $$"""{"number":"0x{{number:x}}","hash":"0x{{number:x64}}","parentHash":"0x{{Math.Max(number, 1) - 1:x64}}","timestamp":"0x1","transactions":[]}""";

    private static async Task<BlockCursor> ConnectedAsync(IAsyncEnumerator<ChainStep> steps)
    {
        Assert.True(await steps.MoveNextAsync());
        Assert.Equal(ChainStepKind.Connected, steps.Current.Kind);
        return steps.Current.Block.Cursor;
    }
}
