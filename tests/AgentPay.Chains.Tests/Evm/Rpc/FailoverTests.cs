using System.Collections.Concurrent;
using System.Diagnostics;
using AgentPay.Chains.Evm;
using AgentPay.Testing;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class FailoverTests
{
    private static readonly Address Account = Address.Parse("0x3535353535353535353535353535353535353535");

    private readonly ManualTimeProvider _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(NodeFate.Reset)]
    [InlineData(NodeFate.ServerError)]
    [InlineData(NodeFate.TooManyRequests)]
    [InlineData(NodeFate.Garbage)]
    internal async Task Whatever_keeps_an_answer_away_the_next_node_gives_it_and_is_kept(NodeFate fate)
    {
        await using var first = await FaultyNode.StartAsync();
        await using var second = await FaultyNode.StartAsync(node => node.Balance = 8);
        using var chain = FaultyNode.Chain(_clock, first, second);
        Assert.Equal(7UL, await chain.ReadBalanceAsync(Account, Token));

        first.Fate = fate;
        Assert.Equal(8UL, await chain.ReadBalanceAsync(Account, Token));
        first.Fate = NodeFate.Answer;
        Assert.Equal(8UL, await chain.ReadBalanceAsync(Account, Token));
        Assert.Equal([(first.Name, NodeState.Standby), (second.Name, NodeState.InUse)], chain.Nodes.Select(node => (node.Node, node.State == NodeState.Resting ? NodeState.Standby : node.State)));
    }

    [Fact]
    public async Task A_silent_node_is_left_after_the_shorter_time_when_there_is_another()
    {
        await using var first = await FaultyNode.StartAsync();
        await using var second = await FaultyNode.StartAsync(node => node.Balance = 8);
        var shorter = TimeSpan.FromMilliseconds(50);
        using var chain = FaultyNode.Chain(TimeProvider.System, options => options with { FailoverTimeout = shorter, CallTimeout = TimeSpan.FromHours(1) }, first, second);
        await chain.ReadBalanceAsync(Account, Token);

        first.Fate = NodeFate.Hang;
        Assert.Equal(8UL, await chain.ReadBalanceAsync(Account, Token));
        Assert.Equal(SubmissionStatus.Accepted, (await chain.SubmitAsync(new byte[] { 1 }, Token)).Status);
    }

    [Fact]
    public async Task A_node_of_another_chain_is_asked_for_its_chain_alone_while_the_other_serves()
    {
        await using var wrong = await FaultyNode.StartAsync(node => node.ChainId = "0x1");
        await using var right = await FaultyNode.StartAsync(node => node.Balance = 8);
        using var chain = FaultyNode.Chain(_clock, wrong, right);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(8UL, await chain.ReadBalanceAsync(Account, Token));
        }

        Assert.Empty(wrong.Asked);
        Assert.Equal(
            new NodeHealth(wrong.Name, NodeState.WrongChain, null, $"The node at {wrong.Name} serves chain 1, not chain 84532."), chain.Nodes[0]);
    }

    [Theory]
    [InlineData(5UL, true)]
    [InlineData(6UL, false)]
    public async Task A_node_so_many_blocks_behind_is_asked_and_one_block_more_is_not(ulong lag, bool isAsked)
    {
        await using var slow = await FaultyNode.StartAsync(node => node.Head = 100 - lag);
        await using var quick = await FaultyNode.StartAsync(node => node.Balance = 8);
        using var chain = FaultyNode.Chain(_clock, slow, quick);
        Assert.Equal(isAsked ? 7UL : 8UL, await chain.ReadBalanceAsync(Account, Token));
        Assert.Equal(isAsked ? NodeState.InUse : NodeState.Behind, chain.Nodes[0].State);
    }

    [Fact]
    public async Task A_node_that_was_behind_is_asked_again_once_it_caught_up()
    {
        await using var slow = await FaultyNode.StartAsync(node => node.Head = 50);
        await using var quick = await FaultyNode.StartAsync(node => node.Balance = 8);
        using var chain = FaultyNode.Chain(_clock, slow, quick);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var steps = chain.FollowAsync(null, stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await steps.MoveNextAsync());
        Assert.Equal("Its head is block 50, another node's is 100: it is not asked until it catches up.", chain.Nodes[0].Message);

        (slow.Head, quick.Head) = (101, 101);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(await steps.MoveNextAsync());
        var next = steps.MoveNextAsync().AsTask();
        while (chain.Nodes[0].State == NodeState.Behind)
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        quick.Fate = NodeFate.ServerError;
        Assert.Equal(7UL, await chain.ReadBalanceAsync(Account, Token));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        await steps.DisposeAsync();
    }

    [Fact]
    public async Task A_block_one_node_lacks_is_read_from_the_node_that_has_it()
    {
        await using var slow = await FaultyNode.StartAsync(node => node.Head = 98);
        await using var quick = await FaultyNode.StartAsync();
        using var chain = FaultyNode.Chain(_clock, slow, quick);
        Assert.Equal(100UL, (await chain.ReadBlockAsync(BlockTag.At(100), Token))!.Cursor.Number);
        Assert.Null(await chain.ReadBlockAsync(BlockTag.At(101), Token));
    }

    [Fact]
    public async Task Logs_from_a_block_a_node_lacks_are_no_proof_that_there_are_none()
    {
        await using var slow = await FaultyNode.StartAsync(node => node.Head = 98);
        await using var quick = await FaultyNode.StartAsync();
        using var chain = FaultyNode.Chain(_clock, slow, quick);
        Assert.Equal(AuthorizationFate.NoTrace, (await chain.FindAuthorizationAsync(Account, Account, default, 100, Token)).Fate);
        Assert.Equal([], slow.Asked);
        Assert.Equal(["eth_getLogs"], quick.Asked);
    }

    [Fact]
    public async Task The_state_at_a_block_is_read_from_the_node_that_has_it()
    {
        await using var slow = await FaultyNode.StartAsync(node => node.Member = call => NodeTroubleTests.Method(call) == "eth_call" ? """ "error":{"code":-32000,"message":"header not found"} """ : null);
        await using var quick = await FaultyNode.StartAsync(node => node.Member = call => NodeTroubleTests.Method(call) == "eth_call" ? $""" "result":"0x{1:x64}" """ : null);
        using var chain = FaultyNode.Chain(_clock, slow, quick);
        Assert.True(await chain.ReadAuthorizationStateAsync(Account, Account, default, BlockTag.At(100), Token));
        Assert.Equal(["eth_call"], slow.Asked);
    }

    [Fact]
    public async Task A_read_goes_round_again_when_every_node_failed_for_a_moment()
    {
        await using var node = await FaultyNode.StartAsync();
        var failures = 2;
        node.Member = call => NodeTroubleTests.Method(call) == "eth_getBalance" && failures-- > 0 ? "" : null;
        using var chain = FaultyNode.Chain(TimeProvider.System, options => options with { ReadRetriesMax = 2 }, node);
        Assert.Equal(7UL, await chain.ReadBalanceAsync(Account, Token));
        Assert.Equal(3, node.Asked.Count);
    }

    [Fact]
    public async Task A_key_in_a_url_is_shown_nowhere_even_when_the_node_repeats_it()
    {
        const string Key = "a1b2c3d4e5f60718";

        // Every request of the process is heard, those of tests beside this one too, each on its own thread.
        var traces = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                foreach (var tag in activity.TagObjects)
                {
                    traces.Enqueue($"{tag.Value}");
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var node = await FaultyNode.StartAsync(node => node.Member = call =>
            NodeTroubleTests.Method(call) == "eth_chainId" ? null : $$""" "error":{"code":-32000,"message":"key {{Key}} is over quota"} """);
        using var chain = FaultyNode.Chain(_clock, options => options with { RpcUrls = [new Uri(node.Url, $"/v2/{Key}?token={Key}")] });
        var trouble = await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadBalanceAsync(Account, Token));
        var submission = await chain.SubmitAsync(new byte[] { 1 }, Token);

        Assert.Equal("The node answered eth_getBalance with error -32000: key … is over quota", trouble.Message);
        Assert.Equal("key … is over quota", submission.Message);
        Assert.Equal(node.Name, Assert.Single(chain.Nodes).Node);
        Assert.DoesNotContain(traces, text => text.Contains(Key, StringComparison.Ordinal));
    }
}
