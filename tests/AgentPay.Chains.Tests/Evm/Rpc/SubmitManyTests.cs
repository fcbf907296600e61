using System.Text.Json;
using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class SubmitManyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Transactions_go_in_one_request_in_their_order_and_each_gets_its_own_answer()
    {
        var requests = new List<string[]>();
        await using var node = await StubNode.StartAsync((request, response) =>
        {
            requests.Add([.. Calls(request).Select(Raw)]);
            return NodeTroubleTests.AnswerAsync(request, response, call => Raw(call) == "0x02"
                ? """ "error":{"code":-32000,"message":"insufficient funds for gas * price + value"} """
                : Accepted(call));
        });
        using var chain = NodeTroubleTests.Chain(node.Url);
        var submissions = await chain.SubmitManyAsync(Signed(1, 2, 3), Token);
        Assert.Equal(["0x01", "0x02", "0x03"], Assert.Single(requests));
        Assert.Equal([SubmissionStatus.Accepted, SubmissionStatus.Rejected, SubmissionStatus.Accepted], submissions.Select(submission => submission.Status));
    }

    [Fact]
    public async Task One_alone_goes_as_a_plain_call()
    {
        await using var node = await StubNode.StartAsync((request, response) =>
        {
            Assert.Equal(JsonValueKind.Object, request.ValueKind);
            return NodeTroubleTests.AnswerAsync(request, response, Accepted);
        });
        using var chain = NodeTroubleTests.Chain(node.Url);
        Assert.Equal(SubmissionStatus.Accepted, Assert.Single(await chain.SubmitManyAsync(Signed(1), Token)).Status);
    }

    [Fact]
    public async Task No_request_is_larger_than_a_batch_may_be_and_none_follows_one_of_unknown_fate()
    {
        var sizes = new List<int>();
        await using var node = await StubNode.StartAsync((request, response) =>
        {
            sizes.Add(Calls(request).Length);
            response.StatusCode = sizes.Count == 2 ? 500 : 200;
            return NodeTroubleTests.AnswerAsync(request, response, Accepted);
        });
        using var chain = NodeTroubleTests.Chain(node.Url, options => options with { BatchCallsMax = 2 });
        var submissions = await chain.SubmitManyAsync(Signed(1, 2, 3, 4, 5), Token);
        Assert.Equal([2, 2], sizes);
        Assert.Equal(
            [SubmissionStatus.Accepted, SubmissionStatus.Accepted, SubmissionStatus.Unknown, SubmissionStatus.Unknown],
            submissions.Select(submission => submission.Status));
    }

    [Fact]
    public async Task After_a_submission_the_next_block_is_looked_for_at_once()
    {
        var height = 1;
        await using var node = await StubNode.StartAsync((request, response) => NodeTroubleTests.AnswerAsync(request, response, call =>
        {
            if (NodeTroubleTests.Method(call) == "eth_sendRawTransaction")
            {
                height = 2;
                return Accepted(call);
            }

            var asked = call.GetProperty("params")[0].GetString()!;
            return $""" "result":{Block(asked == "latest" ? height : Convert.ToInt32(asked, 16))} """;
        }));
        using var chain = NodeTroubleTests.Chain(node.Url, options => options with { PollInterval = TimeSpan.FromHours(1), BusyPollInterval = TimeSpan.FromMilliseconds(1) });
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        await using var steps = chain.FollowAsync(null, limit.Token).GetAsyncEnumerator(limit.Token);
        Assert.True(await steps.MoveNextAsync());
        var next = steps.MoveNextAsync();
        Assert.Equal(SubmissionStatus.Accepted, (await chain.SubmitAsync(new byte[] { 1 }, Token)).Status);
        Assert.True(await next);
        Assert.Equal(2UL, steps.Current.Block.Cursor.Number);
    }

    private static ReadOnlyMemory<byte>[] Signed(params byte[] transactions) => [.. transactions.Select(number => new ReadOnlyMemory<byte>([number]))];

    private static JsonElement[] Calls(JsonElement request) => request.ValueKind == JsonValueKind.Array ? [.. request.EnumerateArray()] : [request];

    private static string Raw(JsonElement call) => call.GetProperty("params")[0].GetString()!;

    private static string Accepted(JsonElement call) => $""" "result":"{Bytes32.Keccak(Convert.FromHexString(Raw(call)[2..]))}" """;

    private static string Block(int number) =>
        $$"""{"number":"0x{{number:x}}","hash":"{{Hash(number)}}","parentHash":"{{Hash(number - 1)}}","timestamp":"0x{{number:x}}","transactions":[]}""";

    private static Bytes32 Hash(int number) => Bytes32.From((UInt256)(ulong)(number + 1));
}
