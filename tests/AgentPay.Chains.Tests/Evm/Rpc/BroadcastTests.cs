using AgentPay.Chains.Evm;
using AgentPay.Testing;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class BroadcastTests
{
    private static readonly Address Account = Address.Parse("0x3535353535353535353535353535353535353535");

    private readonly ManualTimeProvider _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(NodeFate.Reset)]
    [InlineData(NodeFate.ServerError)]
    [InlineData(NodeFate.Garbage)]
    internal async Task The_next_node_gets_the_same_bytes_when_one_leaves_their_fate_open(NodeFate fate)
    {
        await using var first = await FaultyNode.StartAsync();
        await using var second = await FaultyNode.StartAsync();
        using var chain = FaultyNode.Chain(_clock, first, second);
        await chain.ReadBalanceAsync(Account, Token);
        first.Fate = fate;
        Assert.Equal(new Submission(SubmissionStatus.Accepted), await chain.SubmitAsync(new byte[] { 1 }, Token));
        Assert.Equal(["eth_sendRawTransaction"], second.Asked);
    }

    [Fact]
    public async Task Each_node_gets_them_once_and_nobodys_answer_is_unknown()
    {
        await using var first = await FaultyNode.StartAsync();
        await using var second = await FaultyNode.StartAsync();
        using var chain = FaultyNode.Chain(_clock, options => options with { ReadRetriesMax = 2 }, first, second);
        await chain.ReadBalanceAsync(Account, Token);
        (first.Fate, second.Fate) = (NodeFate.Garbage, NodeFate.Garbage);
        Assert.Equal(SubmissionStatus.Unknown, (await chain.SubmitAsync(new byte[] { 1 }, Token)).Status);
        Assert.Equal((1, 1), (first.Asked.Count(method => method == "eth_sendRawTransaction"), second.Asked.Count));
    }

    [Theory]
    [InlineData("already known", SubmissionStatus.Accepted, SubmissionRejection.None)]
    [InlineData("nonce too low", SubmissionStatus.Rejected, SubmissionRejection.NonceTooLow)]
    [InlineData("insufficient funds for gas", SubmissionStatus.Unknown, SubmissionRejection.None)]
    [InlineData("replacement transaction underpriced", SubmissionStatus.Unknown, SubmissionRejection.None)]
    public async Task A_refusal_proves_nothing_once_another_node_may_have_taken_them(string words, SubmissionStatus status, SubmissionRejection rejection)
    {
        await using var first = await FaultyNode.StartAsync();
        await using var second = await FaultyNode.StartAsync(node => node.Member = call =>
            NodeTroubleTests.Method(call) == "eth_sendRawTransaction" ? $$""" "error":{"code":-32000,"message":"{{words}}"} """ : null);
        using var chain = FaultyNode.Chain(_clock, first, second);
        await chain.ReadBalanceAsync(Account, Token);
        first.Fate = NodeFate.Reset;
        var submission = await chain.SubmitAsync(new byte[] { 1 }, Token);
        Assert.Equal((status, rejection), (submission.Status, submission.Rejection));
    }

    [Fact]
    public async Task A_node_that_refuses_is_taken_at_its_word_and_no_other_is_asked()
    {
        await using var first = await FaultyNode.StartAsync(node => node.Member = call =>
            NodeTroubleTests.Method(call) == "eth_sendRawTransaction" ? """ "error":{"code":-32000,"message":"insufficient funds for gas"} """ : null);
        await using var second = await FaultyNode.StartAsync();
        using var chain = FaultyNode.Chain(_clock, first, second);
        Assert.Equal(SubmissionRejection.InsufficientFunds, (await chain.SubmitAsync(new byte[] { 1 }, Token)).Rejection);
        Assert.Empty(second.Asked);
    }

    [Fact]
    public async Task Only_what_is_open_goes_on_to_the_next_node_and_what_was_taken_stays_taken()
    {
        await using var first = await FaultyNode.StartAsync(node => node.Member = call =>
            NodeTroubleTests.Method(call) == "eth_sendRawTransaction" && call.GetProperty("params")[0].GetString() == "0x02"
                ? """ "error":{"code":-32005,"message":"slow down"} """ : null);
        await using var second = await FaultyNode.StartAsync();
        using var chain = FaultyNode.Chain(_clock, first, second);
        var submissions = await chain.SubmitManyAsync([new byte[] { 1 }, new byte[] { 2 }, new byte[] { 3 }], Token);
        Assert.All(submissions, submission => Assert.Equal(SubmissionStatus.Accepted, submission.Status));
        Assert.Equal((3, 2), (first.Asked.Count, second.Asked.Count));
    }
}
