using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class HeadSocketTests : IDisposable
{
    // A block that never comes fails the test instead of holding up the run.
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public HeadSocketTests() => _limit.CancelAfter(TimeSpan.FromSeconds(60));

    private CancellationToken Token => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task An_announced_block_is_read_at_once_however_seldom_the_head_is_asked_for()
    {
        await using var node = await FaultyNode.StartAsync();
        using var chain = Chain(node, TimeSpan.FromHours(1));
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        Assert.True(await steps.MoveNextAsync());
        await UntilAsync(() => chain.Nodes[^1].State == NodeState.Listening);
        for (ulong head = 101; head <= 110; head++)
        {
            await node.AnnounceAsync(head);
            Assert.True(await steps.MoveNextAsync());
            Assert.Equal(head, steps.Current.Block.Cursor.Number);
        }
    }

    [Fact]
    public async Task A_block_that_was_announced_while_the_one_before_was_worked_on_is_read_at_once()
    {
        await using var node = await FaultyNode.StartAsync();
        var hour = TimeSpan.FromHours(1);
        using var chain = FaultyNode.Chain(
            TimeProvider.System, options => options with { WebSocketUrl = node.SocketUrl, PollInterval = hour, BusyPollInterval = hour }, node);
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        Assert.True(await steps.MoveNextAsync());
        await UntilAsync(() => chain.Nodes[^1].State == NodeState.Listening);
        for (ulong head = 101; head <= 110; head++)
        {
            await node.AnnounceAsync(head);
            await UntilAsync(() => chain.Nodes[^1].Head == head);
            Assert.True(await steps.MoveNextAsync());
            Assert.Equal(head, steps.Current.Block.Cursor.Number);
        }
    }

    [Fact]
    public async Task Blocks_that_were_announced_together_come_one_by_one()
    {
        await using var node = await FaultyNode.StartAsync();
        using var chain = Chain(node, TimeSpan.FromHours(1));
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        Assert.True(await steps.MoveNextAsync());
        await UntilAsync(() => chain.Nodes[^1].State == NodeState.Listening);
        await node.AnnounceAsync(104);
        for (ulong number = 101; number <= 104; number++)
        {
            Assert.True(await steps.MoveNextAsync());
            Assert.Equal(number, steps.Current.Block.Cursor.Number);
        }
    }

    [Fact]
    public async Task A_dropped_socket_costs_no_block_and_comes_back()
    {
        await using var node = await FaultyNode.StartAsync();
        using var chain = Chain(node, TimeSpan.FromMilliseconds(20));
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        Assert.True(await steps.MoveNextAsync());
        await UntilAsync(() => chain.Nodes[^1].State == NodeState.Listening);

        node.TakesSockets = false;
        node.DropSockets();
        await UntilAsync(() => chain.Nodes[^1].State == NodeState.Silent);
        for (ulong head = 101; head <= 105; head++)
        {
            node.Head = head;
            Assert.True(await steps.MoveNextAsync());
            Assert.Equal(head, steps.Current.Block.Cursor.Number);
        }

        node.TakesSockets = true;
        await UntilAsync(() => node.Subscriptions == 2);
    }

    [Fact]
    public async Task A_socket_that_fell_silent_without_ending_is_replaced_once_blocks_came_unheard()
    {
        await using var node = await FaultyNode.StartAsync();
        using var chain = Chain(node, TimeSpan.FromMilliseconds(20));
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        Assert.True(await steps.MoveNextAsync());
        await UntilAsync(() => chain.Nodes[^1].State == NodeState.Listening);
        await node.AnnounceAsync(101);
        Assert.True(await steps.MoveNextAsync());

        node.Head = 103;
        Assert.True(await steps.MoveNextAsync() && await steps.MoveNextAsync());
        Assert.Equal(103UL, steps.Current.Block.Cursor.Number);
        var next = steps.MoveNextAsync();
        await UntilAsync(() => node.Subscriptions == 2);
        node.Head = 104;
        Assert.True(await next);
    }

    [Fact]
    public async Task A_socket_of_another_chain_is_not_listened_to()
    {
        await using var node = await FaultyNode.StartAsync();
        await using var other = await FaultyNode.StartAsync(other => other.ChainId = "0x1");
        using var chain = FaultyNode.Chain(
            TimeProvider.System, options => options with { WebSocketUrl = new Uri(other.SocketUrl, "/v2/the-secret-key"), PollInterval = TimeSpan.FromMilliseconds(20) }, node);
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        Assert.True(await steps.MoveNextAsync());
        var name = $"ws://{other.Url.Authority}";
        await UntilAsync(() => chain.Nodes[^1] == new NodeHealth(name, NodeState.Silent, null, $"The node at {name} does not serve chain 84532."));
        Assert.Equal(0, other.Subscriptions);
    }

    private static EvmChain Chain(FaultyNode node, TimeSpan pollInterval) => FaultyNode.Chain(
        TimeProvider.System, options => options with { WebSocketUrl = node.SocketUrl, PollInterval = pollInterval, BusyPollInterval = TimeSpan.FromMilliseconds(5) }, node);

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }
    }
}
