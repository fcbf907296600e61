using System.Text.Json;
using AgentPay.Chains.Evm;
using Microsoft.AspNetCore.Http;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class FindAuthorizationTests(Anvil anvil) : IClassFixture<Anvil>
{
    private readonly EvmSigner _payer = TestTransfers.Payer("finder");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10_000)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_used_authorization_leads_to_its_transaction_however_few_blocks_are_read_at_once(ulong logBlocksMax)
    {
        using var chain = anvil.Chain(options => options with { LogBlocksMax = logBlocksMax });
        var start = (await chain.ReadBlockAsync(BlockTag.Latest, Token))!.Cursor.Number;
        var token = await anvil.DeployTokenAsync();
        await anvil.MintAsync(token, _payer.Address, 7UL);
        var transfer = TestTransfers.Unsigned(token, _payer.Address, 7UL).Signed(_payer, anvil.ChainId);
        Assert.Equal(new AuthorizationTrace(AuthorizationFate.NoTrace, null, start + 2), await chain.FindAuthorizationAsync(token, _payer.Address, transfer.Nonce, start, Token));

        var signed = await anvil.SignAsync(token, Eip3009.Calldata(transfer));
        await chain.SubmitAsync(signed.Raw, Token);
        await anvil.MineAsync(5);

        var trace = await chain.FindAuthorizationAsync(token, _payer.Address, transfer.Nonce, start, Token);
        Assert.Equal(AuthorizationFate.Used, trace.Fate);
        Assert.Equal(signed.Hash, trace.Receipt!.Transaction);
        Assert.Equal(TransferProof.Whole, trace.Receipt.Prove(token, _payer.Address, TestTransfers.Payee, 7UL, transfer.Nonce));
        Assert.Equal(AuthorizationFate.Used, (await chain.FindAuthorizationAsync(token, _payer.Address, transfer.Nonce, trace.Receipt.Block.Number, Token)).Fate);
        Assert.Equal(AuthorizationFate.NoTrace, (await chain.FindAuthorizationAsync(token, _payer.Address, transfer.Nonce, trace.Receipt.Block.Number + 1, Token)).Fate);
        Assert.Equal(AuthorizationFate.NoTrace, (await chain.FindAuthorizationAsync(token, anvil.Operator.Address, transfer.Nonce, start, Token)).Fate);
    }

    [Fact]
    public async Task A_search_that_takes_too_many_calls_says_how_far_it_came_and_goes_on_from_there()
    {
        using var chain = anvil.Chain(options => options with { LogBlocksMax = 2, LogCallsMax = 3 });
        var start = (await chain.ReadBlockAsync(BlockTag.Latest, Token))!.Cursor.Number + 1;
        var token = await anvil.DeployTokenAsync();
        await anvil.MintAsync(token, _payer.Address, 7UL);
        await anvil.MineAsync(6);
        var transfer = TestTransfers.Unsigned(token, _payer.Address, 7UL, "far").Signed(_payer, anvil.ChainId);
        await chain.SubmitAsync((await anvil.SignAsync(token, Eip3009.Calldata(transfer))).Raw, Token);
        await anvil.MineAsync();

        var first = await chain.FindAuthorizationAsync(token, _payer.Address, transfer.Nonce, start, Token);
        Assert.Equal(new AuthorizationTrace(AuthorizationFate.NoTrace, null, start + 5), first);
        Assert.Equal(AuthorizationFate.Used, (await chain.FindAuthorizationAsync(token, _payer.Address, transfer.Nonce, start + 6, Token)).Fate);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task A_node_that_refuses_a_span_is_asked_for_less_until_it_answers(ulong spanMax)
    {
        var spans = new List<ulong>();
        await using var node = await StubNode.StartAsync((request, response) =>
        {
            if (request.GetProperty("method").GetString() != "eth_getLogs")
            {
                return response.WriteAsync("""{"jsonrpc":"2.0","id":1,"result":"0x1f"}""");
            }

            var filter = request.GetProperty("params")[0];
            spans.Add(Quantity(filter, "toBlock") - Quantity(filter, "fromBlock") + 1);
            return response.WriteAsync(spans[^1] > spanMax
                ? """{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"block range is too wide"}}"""
                : """{"jsonrpc":"2.0","id":1,"result":[]}""");
        });
        using var chain = new EvmChain(new EvmChainOptions { Network = "eip155:84532", RpcUrls = [node.Url], LogBlocksMax = 16, LogCallsMax = 100 }, TimeProvider.System);

        var trace = await chain.FindAuthorizationAsync(TestTransfers.Payee, TestTransfers.Payee, default, 0, Token);
        Assert.Equal(31UL, trace.SearchedTo);
        Assert.Equal(32UL, spans.Where(span => span <= spanMax).Aggregate(0UL, (sum, span) => sum + span));
        Assert.Equal(16UL, spans[0]);
    }

    [Fact]
    public async Task After_trouble_for_a_moment_a_node_is_asked_for_as_much_as_before()
    {
        var (spans, troubles) = (new List<ulong>(), 4);
        await using var node = await StubNode.StartAsync((request, response) =>
        {
            if (request.GetProperty("method").GetString() != "eth_getLogs")
            {
                return response.WriteAsync("""{"jsonrpc":"2.0","id":1,"result":"0x1f"}""");
            }

            var filter = request.GetProperty("params")[0];
            spans.Add(Quantity(filter, "toBlock") - Quantity(filter, "fromBlock") + 1);
            return response.WriteAsync(troubles-- > 0
                ? """{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"request timed out"}}"""
                : """{"jsonrpc":"2.0","id":1,"result":[]}""");
        });
        using var chain = new EvmChain(new EvmChainOptions { Network = "eip155:84532", RpcUrls = [node.Url], LogBlocksMax = 16, LogCallsMax = 100 }, TimeProvider.System);

        for (var searches = 0; searches < 6; searches++)
        {
            spans.Clear();
            Assert.Equal(31UL, (await chain.FindAuthorizationAsync(TestTransfers.Payee, TestTransfers.Payee, default, 0, Token)).SearchedTo);
        }

        Assert.Equal([16UL, 16UL], spans);
    }

    [Theory]
    [InlineData(94, AuthorizationFate.Canceled)]
    [InlineData(95, AuthorizationFate.NoTrace)]
    public async Task A_permit2_nonce_used_at_the_head_without_a_log_may_have_paid_all_the_same(ulong usedAt, AuthorizationFate expected)
    {
        // Its state is ahead of its logs, as that of many hosted nodes is for a block or two.
        await using var node = await StubNode.StartAsync((request, response) => response.WriteAsync(request.GetProperty("method").GetString() switch
        {
            "eth_blockNumber" => """{"jsonrpc":"2.0","id":1,"result":"0x64"}""",
            "eth_call" => $$"""{"jsonrpc":"2.0","id":1,"result":"0x{{(Convert.ToUInt64(request.GetProperty("params")[1].GetString(), 16) >= usedAt ? new string('f', 64) : new string('0', 64))}}"}""",
            _ => """{"jsonrpc":"2.0","id":1,"result":[]}""",
        }));
        using var chain = new EvmChain(new EvmChainOptions { Network = "eip155:84532", RpcUrls = [node.Url] }, TimeProvider.System);
        var payer = TestTransfers.Payee;

        var trace = await chain.Permit2!.FindAsync(new Permit2Transfer(payer, payer, payer, 7UL, 1UL, 0UL, 0UL, default), 50, Token);
        Assert.Equal(expected, trace.Fate);
    }

    [Fact]
    public async Task A_cancelled_authorization_is_told_from_a_used_one()
    {
        using var chain = anvil.Chain();
        var token = await anvil.DeployTokenAsync();
        var nonce = Eip712.HashText("cancelled");
        var separator = new Eip712Domain("USD Coin", "2", anvil.ChainId, token).Separator();
        var cancellation = Eip712.HashStruct(Eip712.TypeHash("CancelAuthorization(address authorizer,bytes32 nonce)"), [Bytes32.From(_payer.Address), nonce]);
        var signature = _payer.SignDigest(Eip712.Digest(separator, cancellation)).ToArray();
        var call = new AbiWriter("cancelAuthorization(address,bytes32,bytes)").Address(_payer.Address).Word(nonce).Bytes(signature).ToArray();
        await chain.SubmitAsync((await anvil.SignAsync(token, call)).Raw, Token);
        await anvil.MineAsync();
        Assert.True(await chain.ReadAuthorizationStateAsync(token, _payer.Address, nonce, null, Token));
        Assert.Equal(new AuthorizationTrace(AuthorizationFate.Canceled, null), await chain.FindAuthorizationAsync(token, _payer.Address, nonce, 0, Token));
    }

    private static ulong Quantity(JsonElement filter, string name) => Convert.ToUInt64(filter.GetProperty(name).GetString(), 16);
}
