using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P11: whatever a node does to many payments at once, none is paid twice, none that was paid is called failed, and soon after the trouble each is known.</summary>
[Collection("Two engines")]
public sealed class UnknownTests(NodeWorld world) : IClassFixture<NodeWorld>
{
    private const string Sending = "eth_sendRawTransaction";
    private static readonly TimeSpan _troubleMax = TimeSpan.FromSeconds(TestScale.Factor > 1 ? 3 : 0.5);

    public static TheoryData<string, RpcPoint, RpcFate?> Troubles => new()
    {
        { Sending, RpcPoint.BeforeAnswer, RpcFate.Drop },
        { Sending, RpcPoint.BeforeAnswer, RpcFate.BadGateway },
        { Sending, RpcPoint.BeforeAnswer, null },
        { Sending, RpcPoint.BeforeNode, RpcFate.Drop },
        { Sending, RpcPoint.BeforeNode, RpcFate.BadGateway },
        { Sending, RpcPoint.BeforeNode, null },
        { "eth_getTransactionReceipt", RpcPoint.BeforeAnswer, RpcFate.Drop },
        { "eth_getTransactionReceipt", RpcPoint.BeforeAnswer, null },
        { "eth_getBlockByNumber", RpcPoint.BeforeAnswer, RpcFate.BadGateway },
    };

    /// <param name="method">What it is about.</param>
    /// <param name="point">Before or after the node has done it.</param>
    /// <param name="fate">Null: nobody answers until the trouble ends.</param>
    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task Nothing_is_paid_twice_or_called_failed_that_was_paid_and_all_is_known_soon_after(string method, RpcPoint point, RpcFate? fate)
    {
        using var payer = await world.Chain.NewPayerAsync(100_000_000);
        var payments = ManyPayments.Of(world, payer);
        Task<Answer[]> asked;
        int meetings;
        using (var trouble = fate is { } told ? world.Proxy.Fail(method, point, told) : world.Proxy.StopAt(method, point))
        {
            asked = payments.SettleAsync();
            await Task.WhenAny(asked, Task.Delay(_troubleMax, TimeProvider.System, TestContext.Current.CancellationToken));
            meetings = trouble.Meetings;
        }

        var known = await payments.UntilKnownAsync();
        var answers = await asked;
        var used = await world.Chain.AuthorizationsUsedAsync(payer.Address);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{method} {point} {fate}: met {meetings} times; {answers.Count(static answer => answer.Status == 503)} of {ManyPayments.Count} 503, {used} paid; all known after {known.TotalSeconds:0.00} s.");
        Assert.Equal(100_000_000 - ((ulong)used * Payment.Price), await world.Chain.BalanceAsync(payer.Address));
        Assert.DoesNotContain("failed", await payments.AssertToldAsItIsAsync(answers, used));

        var again = await payments.SettleAsync();
        Assert.All(again, answer => Assert.True(answer.IsSuccess, answer.Body));
        Assert.Equal(ManyPayments.Count, await world.Chain.AuthorizationsUsedAsync(payer.Address));
    }
}
