using System.Collections.Concurrent;
using System.Text.Json;
using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class ReadBatchingTests
{
    private static readonly Address TokenContract = Address.Parse("0x3535353535353535353535353535353535353535");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_go_at_once_while_few_are_on_their_way_and_share_a_batch_of_64_calls_otherwise()
    {
        var sizes = new ConcurrentQueue<int>();
        var release = new TaskCompletionSource();
        var bothBusy = new TaskCompletionSource();
        await using var node = await StubNode.StartAsync(async (request, response) =>
        {
            sizes.Enqueue(request.GetArrayLength());
            if (sizes.Count == 3)
            {
                bothBusy.TrySetResult();
            }

            if (sizes.Count > 1)
            {
                await release.Task;
            }

            await NodeTroubleTests.AnswerAsync(request, response, static _ => """ "result":"0x60" """);
        });
        using var chain = NodeTroubleTests.Chain(node.Url);
        await ReadAsync(chain);
        var busy = new[] { ReadAsync(chain), ReadAsync(chain) };
        await bothBusy.Task.WaitAsync(Token);
        var waiting = Enumerable.Range(0, 40).Select(_ => ReadAsync(chain)).ToArray();
        release.SetResult();
        await Task.WhenAll([.. busy, .. waiting]);
        Assert.Equal([2, 2, 3, 16, 64], sizes.Order());
    }

    [Fact]
    public async Task A_neighbour_whose_contract_returns_masses_fails_alone()
    {
        var greedy = Address.Parse("0x6666666666666666666666666666666666666666");
        var masses = "0x" + new string('0', 17 << 20);
        var release = new TaskCompletionSource();
        var arrived = 0;
        await using var node = await StubNode.StartAsync(async (request, response) =>
        {
            if (Interlocked.Increment(ref arrived) <= 2)
            {
                await release.Task;
            }

            await NodeTroubleTests.AnswerAsync(request, response, call =>
                IsCallTo(call, greedy) ? $"\"result\":\"{masses}\"" : """ "result":"0x60" """);
        });
        using var chain = NodeTroubleTests.Chain(node.Url);
        var first = new[] { ReadAsync(chain), ReadAsync(chain) };
        var bad = chain.ReadTransferAsync(TestTransfers.Unsigned(greedy, TokenContract, 1UL), Token);
        var good = ReadAsync(chain);
        release.SetResult();
        await Task.WhenAll(first);
        Assert.Equal(TransferVerdict.Accepted, (await good).Verdict);
        await Assert.ThrowsAsync<ChainUnavailableException>(() => bad);
    }

    private static bool IsCallTo(JsonElement call, Address contract) =>
        NodeTroubleTests.Method(call) == "eth_call" && call.GetProperty("params")[0].GetProperty("to").GetString() == contract.ToString();

    private static Task<TransferReading> ReadAsync(EvmChain chain) =>
        chain.ReadTransferAsync(TestTransfers.Unsigned(TokenContract, TokenContract, 1UL), Token);
}
