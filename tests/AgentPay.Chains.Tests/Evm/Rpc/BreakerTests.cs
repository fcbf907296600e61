using AgentPay.Chains.Evm;
using AgentPay.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class BreakerTests
{
    private static readonly Address Account = Address.Parse("0x3535353535353535353535353535353535353535");

    private readonly ManualTimeProvider _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void Five_failures_open_it_and_four_do_not(int failures, bool isOpen)
    {
        var breaker = New();
        for (var i = 0; i < failures; i++)
        {
            Assert.Equal(isOpen && i == failures - 1, breaker.Fail(_clock.GetTimestamp()));
        }

        Assert.Equal(isOpen, breaker.OpenFor > TimeSpan.Zero);
    }

    [Theory]
    [InlineData(60_000, true)]
    [InlineData(60_001, false)]
    public void The_first_of_five_failures_counts_for_a_minute_and_no_longer(int milliseconds, bool isOpen)
    {
        var breaker = New();
        breaker.Fail(_clock.GetTimestamp());
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        for (var i = 0; i < 4; i++)
        {
            breaker.Fail(_clock.GetTimestamp());
        }

        Assert.Equal(isOpen, breaker.IsTripped);
    }

    [Fact]
    public void What_was_under_way_when_a_failure_was_counted_counts_with_it()
    {
        var breaker = New();
        for (var i = 0; i < 4; i++)
        {
            breaker.Fail(_clock.GetTimestamp());
        }

        var startedAt = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(breaker.Fail(_clock.GetTimestamp()));
        Assert.Equal(TimeSpan.FromSeconds(30), breaker.OpenFor);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(breaker.Fail(startedAt));
        Assert.Equal(TimeSpan.FromSeconds(29), breaker.OpenFor);
    }

    [Fact]
    public void It_closes_by_an_answer_after_its_time_and_by_none_before()
    {
        var breaker = New();
        breaker.Trip();
        _clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.False(breaker.Close());
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal((TimeSpan.Zero, true), (breaker.OpenFor, breaker.IsTripped));
        Assert.True(breaker.Close());
        Assert.False(breaker.IsTripped);
    }

    [Fact]
    public void A_failure_after_its_time_opens_it_at_once()
    {
        var breaker = New();
        breaker.Trip();
        _clock.Advance(TimeSpan.FromSeconds(30));
        breaker.Fail(_clock.GetTimestamp());
        Assert.Equal(TimeSpan.FromSeconds(30), breaker.OpenFor);
    }

    [Fact]
    public async Task A_node_that_failed_five_times_is_asked_nothing_for_thirty_seconds_and_then_one_question()
    {
        await using var node = await FaultyNode.StartAsync(node => node.Fate = NodeFate.ServerError);
        using var chain = FaultyNode.Chain(_clock, node);
        for (var i = 0; i < 7; i++)
        {
            await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadBalanceAsync(Account, Token));
        }

        Assert.Equal((5, 0), (node.Checks, node.Asked.Count));
        var open = Assert.Single(chain.Nodes);
        Assert.Equal((NodeState.Open, $"It failed 5 times within a minute and is left alone for 30 s more. The node at {node.Name} answered HTTP 500."), (open.State, open.Message));
        var closed = await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadBalanceAsync(Account, Token));
        Assert.StartsWith($"No node of eip155:84532 can be asked now. {node.Name}: It failed 5 times", closed.Message, StringComparison.Ordinal);
        Assert.Equal(SubmissionStatus.Unknown, (await chain.SubmitAsync(new byte[] { 1 }, Token)).Status);

        _clock.Advance(TimeSpan.FromSeconds(30));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadBalanceAsync(Account, Token))));
        Assert.Equal((6, 0), (node.Checks, node.Asked.Count));

        node.Fate = NodeFate.Answer;
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(7UL, await chain.ReadBalanceAsync(Account, Token));
        Assert.Equal((NodeState.InUse, (string?)null), (chain.Nodes[0].State, chain.Nodes[0].Message));
    }

    [Fact]
    public async Task Whoever_chose_a_node_just_before_it_failed_too_often_asks_it_nothing_either()
    {
        await using var node = await FaultyNode.StartAsync(node => node.Fate = NodeFate.ServerError);
        var options = new EvmChainOptions { Network = "eip155:84532", RpcUrls = [node.Url], ReadRetriesMax = 0 };
        using var chosen = new RpcNode(new NodeAddress(node.Url), options, _clock, new NodeLog(options.Network, NullLogger<EvmChain>.Instance));
        for (var i = 0; i < 7; i++)
        {
            await Assert.ThrowsAsync<ChainUnavailableException>(() => chosen.SendAsync([RpcCall.Of("eth_blockNumber")], CallClass.Read, hasNext: false, Token));
        }

        Assert.Equal(5, node.Checks);
        Assert.Equal(TimeSpan.FromSeconds(30), chosen.AskableIn);
    }

    [Theory]
    [InlineData(19, false)]
    [InlineData(20, true)]
    public async Task A_node_that_asks_for_patience_gets_it(int seconds, bool isAsked)
    {
        await using var node = await FaultyNode.StartAsync(node => node.Fate = NodeFate.TooManyRequests);
        using var chain = FaultyNode.Chain(_clock, node);
        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadBalanceAsync(Account, Token));
        Assert.Equal("It asked for patience, 20 s more.", chain.Nodes[0].Message);
        node.Fate = NodeFate.Answer;
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        var read = await Record.ExceptionAsync(() => chain.ReadBalanceAsync(Account, Token));
        Assert.Equal(isAsked, read is null);
        Assert.Equal(isAsked ? 2 : 1, node.Checks);
    }

    [Fact]
    public async Task What_a_contract_makes_the_only_node_say_never_opens_its_breaker()
    {
        await using var node = await FaultyNode.StartAsync(node => node.Member = call =>
            NodeTroubleTests.Method(call) == "eth_call" ? """ "error":{"code":-32000,"message":"a word nobody knows"} """ : null);
        using var chain = FaultyNode.Chain(_clock, node);
        for (var i = 0; i < 10; i++)
        {
            await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.IsValidSignatureAsync(Account, default, default, Token));
        }

        Assert.Equal(NodeState.InUse, chain.Nodes[0].State);
    }

    [Fact]
    public async Task What_one_node_cannot_answer_and_another_can_counts_against_it()
    {
        await using var bad = await FaultyNode.StartAsync(node => node.Member = call =>
            NodeTroubleTests.Method(call) == "eth_getBalance" ? """ "result":{} """ : null);
        await using var good = await FaultyNode.StartAsync();
        using var chain = FaultyNode.Chain(_clock, bad, good);
        for (var blames = 1; ; blames++)
        {
            Assert.Equal(7UL, await chain.ReadBalanceAsync(Account, Token));
            Assert.Equal(blames < 5 ? NodeState.Standby : NodeState.Open, chain.Nodes[0].State);
            if (blames == 5)
            {
                break;
            }

            // What the bad one can answer makes it the first to be asked again.
            good.Fate = NodeFate.ServerError;
            Assert.NotNull(await chain.ReadBlockAsync(BlockTag.Latest, Token));
            good.Fate = NodeFate.Answer;
        }
    }

    private NodeBreaker New() => new(TimeSpan.FromSeconds(30), _clock);
}
