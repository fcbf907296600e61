using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using AgentPay.Chains.Evm;
using Microsoft.AspNetCore.Http;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class NodeTroubleTests
{
    private static readonly Address Account = Address.Parse("0x3535353535353535353535353535353535353535");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("<html>", 200)]
    [InlineData("", 200)]
    [InlineData("[]", 200)]
    [InlineData("7", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1}""", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"0x1""", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":2,"result":"0x1"}""", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":"1","result":"0x1"}""", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}""", 200)]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"result":"0x1"},{"jsonrpc":"2.0","id":1,"result":"0x1"}]""", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"1"}""", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":null}""", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{}}""", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"internal"}}""", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":"busy"}""", 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"0x1"}""", 302)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"0x1"}""", 429)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"0x1"}""", 500)]
    public async Task An_answer_that_is_none_is_the_nodes_trouble(string answer, int status)
    {
        await using var node = await StubNode.StartAsync(answer, status);
        using var chain = Chain(node.Url);
        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadBalanceAsync(Account, Token));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadTransferAsync(TestTransfers.Unsigned(Account, Account, 1UL), Token));
    }

    [Fact]
    public async Task A_node_error_in_a_simulation_is_no_verdict()
    {
        await using var node = await StubNode.StartAsync((request, response) => AnswerAsync(request, response, call =>
            Method(call) == "eth_call" ? """ "error":{"code":-32000,"message":"header not found"} """ : """ "result":"0x60" """));
        using var chain = Chain(node.Url);
        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadTransferAsync(TestTransfers.Unsigned(Account, Account, 1UL), Token));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.IsValidSignatureAsync(Account, default, default, Token));
    }

    [Fact]
    public async Task A_node_of_another_chain_is_asked_nothing_and_named_without_its_path()
    {
        var asked = 0;
        await using var node = await StubNode.StartAsync((_, _) => Task.FromResult(++asked), chainId: "0x1");
        using var chain = Chain(new Uri(node.Url, "/v1/secret-key"));
        var wrong = await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadBalanceAsync(Account, Token));
        Assert.Equal($"The node at http://{node.Url.Authority} serves chain 1, not chain 84532.", wrong.Message);
        var submission = await chain.SubmitAsync(new byte[] { 1 }, Token);
        Assert.Equal(SubmissionStatus.Unknown, submission.Status);
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task Nobody_listening_is_unavailable_for_reads_and_unknown_for_submissions()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = new Uri($"http://{listener.LocalEndpoint}");
        listener.Stop();
        using var chain = Chain(url);
        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadBalanceAsync(Account, Token));
        Assert.Equal(SubmissionStatus.Unknown, (await chain.SubmitAsync(new byte[] { 1 }, Token)).Status);
        await using var steps = chain.FollowAsync(null, Token).GetAsyncEnumerator(Token);
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await steps.MoveNextAsync());
    }

    [Fact]
    public async Task A_silent_node_is_given_up_after_the_time_limit()
    {
        await using var node = await StubNode.StartAsync((_, response) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, response.HttpContext.RequestAborted));
        using var chain = Chain(node.Url, options => options with { CallTimeout = TimeSpan.FromMilliseconds(100), WalletTimeout = TimeSpan.FromMilliseconds(100) });
        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadBalanceAsync(Account, Token));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.IsValidSignatureAsync(Account, default, default, Token));
        Assert.Equal(SubmissionStatus.Unknown, (await chain.SubmitAsync(new byte[] { 1 }, Token)).Status);
    }

    [Fact]
    public async Task A_cancelled_caller_is_cancelled_and_not_told_of_a_node()
    {
        using var mine = new CancellationTokenSource();
        await using var node = await StubNode.StartAsync((_, response) =>
        {
            mine.Cancel();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, response.HttpContext.RequestAborted);
        });
        using var chain = Chain(node.Url, options => options with { CallTimeout = TimeSpan.FromSeconds(1) });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => chain.ReadBalanceAsync(Account, mine.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => chain.ReadTransferAsync(TestTransfers.Unsigned(Account, Account, 1UL), mine.Token));
    }

    [Fact]
    public async Task Another_hash_than_that_of_the_bytes_is_unknown()
    {
        await using var node = await StubNode.StartAsync($$"""{"jsonrpc":"2.0","id":1,"result":"{{Bytes32.Keccak("another"u8)}}"}""");
        using var chain = Chain(node.Url);
        Assert.Equal(new Submission(SubmissionStatus.Unknown, Message: "The node answered with another hash."), await chain.SubmitAsync(new byte[] { 1 }, Token));
    }

    [Fact]
    public async Task The_receipt_of_another_transaction_is_the_nodes_trouble()
    {
        var receipt = $$"""{"transactionHash":"{{Bytes32.Keccak("other"u8)}}","blockHash":"{{default(Bytes32)}}","blockNumber":"0x1","status":"0x1","gasUsed":"0x1","logs":[]}""";
        await using var node = await StubNode.StartAsync($$"""{"jsonrpc":"2.0","id":1,"result":{{receipt}}}""");
        using var chain = Chain(node.Url);
        await Assert.ThrowsAsync<ChainUnavailableException>(() => chain.ReadReceiptsAsync([default], Token));
        Assert.NotNull((await chain.ReadReceiptsAsync([Bytes32.Keccak("other"u8)], Token))[0]);
    }

    [Fact]
    public async Task A_finality_tag_that_stands_nowhere_yet_names_no_block()
    {
        await using var node = await StubNode.StartAsync("""{"jsonrpc":"2.0","id":1,"error":{"code":-39001,"message":"finalized block not found"}}""");
        using var chain = Chain(node.Url);
        Assert.Null(await chain.ReadBlockAsync(BlockTag.Finalized, Token));
    }

    internal static string? Method(JsonElement call) => call.GetProperty("method").GetString();

    internal static Task AnswerAsync(JsonElement request, HttpResponse response, Func<JsonElement, string> member)
    {
        string Text(JsonElement call) => $$"""{"jsonrpc":"2.0","id":{{call.GetProperty("id")}},{{member(call)}}}""";
        return response.WriteAsync(request.ValueKind == JsonValueKind.Array
            ? $"[{string.Join(',', request.EnumerateArray().Select(Text))}]"
            : Text(request));
    }

    internal static EvmChain Chain(Uri url, Func<EvmChainOptions, EvmChainOptions>? change = null)
    {
        var options = new EvmChainOptions { Network = "eip155:84532", RpcUrls = [url] };
        return new EvmChain(change is null ? options : change(options), TimeProvider.System);
    }
}
