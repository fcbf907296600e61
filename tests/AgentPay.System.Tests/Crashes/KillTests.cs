using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Crashes;

/// <summary>
/// kill -9 at each step of a settlement, then a start on the same data: the payer paid exactly once and the answer is the one result.
/// Before the verification's calls nothing is written; before the broadcast everything is; then the node knows, then the block, then the receipt.
/// </summary>
public sealed class KillTests(ProxiedWorld world) : IClassFixture<ProxiedWorld>
{
    public static readonly TheoryData<string, RpcPoint> Steps = new()
    {
        { "eth_call", RpcPoint.BeforeNode },
        { "eth_call", RpcPoint.BeforeAnswer },
        { "eth_sendRawTransaction", RpcPoint.BeforeNode },
        { "eth_sendRawTransaction", RpcPoint.BeforeAnswer },
        { "eth_getTransactionReceipt", RpcPoint.BeforeNode },
        { "eth_getTransactionReceipt", RpcPoint.BeforeAnswer },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task The_same_key_gets_the_one_success_after_a_kill(string method, RpcPoint point)
    {
        var payment = await world.NewPaymentAsync();
        var mined = await world.Chain.MinedOfAsync(world.Signer);
        await KillAtAsync(method, point, () => world.Engine.SettleAsync(payment, "key-of-a-caller"));

        var first = await world.Engine.SettleAsync(payment, "key-of-a-caller");
        var second = await world.Engine.SettleAsync(payment, "key-of-a-caller");
        var other = await world.Engine.SettleAsync(payment, "key-of-another");

        Assert.True(first.IsSuccess, first.Body);
        Assert.Equal(first.Body, second.Body);
        Assert.Equal(("duplicate_settlement", first.Transaction), (other.ErrorReason, other.Transaction));
        Assert.Equal(mined + 1, await world.Chain.MinedOfAsync(world.Signer));
        await world.AssertPaidOnceAsync(payment, first.Transaction);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Without_a_key_success_is_said_once_after_a_kill(string method, RpcPoint point)
    {
        var payment = await world.NewPaymentAsync();
        var mined = await world.Chain.MinedOfAsync(world.Signer);
        await KillAtAsync(method, point, () => world.Engine.SettleAsync(payment));

        var answers = new List<Answer>();
        for (var i = 0; i < 3; i++)
        {
            answers.Add(await world.Engine.SettleAsync(payment));
        }

        Assert.True(answers[0].IsSuccess, answers[0].Body);
        Assert.All(answers[1..], answer => Assert.Equal(("duplicate_settlement", answers[0].Transaction), (answer.ErrorReason, answer.Transaction)));
        Assert.Equal(mined + 1, await world.Chain.MinedOfAsync(world.Signer));
        await world.AssertPaidOnceAsync(payment, answers[0].Transaction);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task The_buyer_sends_the_same_header_again_and_gets_what_was_paid_for_once(string method, RpcPoint point)
    {
        var payment = await world.NewPaymentAsync();
        var mined = await world.Chain.MinedOfAsync(world.Signer);
        await KillAtAsync(method, point, () => world.Engine.BuyAsync(payment));

        // Where others may be on the database, an engine needs a moment to know that the one that ran it is gone.
        var sold = ChosenStore.IsPostgres
            ? await Wait.ForAsync(async () => await world.Engine.BuyAsync(payment) is var answer && answer.Text("error") == "payment_in_use" ? null : answer)
            : await world.Engine.BuyAsync(payment);
        var again = await world.Engine.BuyAsync(payment);

        Assert.Equal(200, sold.Status);
        Assert.NotEmpty(sold.Text("text")!);
        Assert.Equal(402, again.Status);
        Assert.Equal(mined + 1, await world.Chain.MinedOfAsync(world.Signer));
        var settlement = (await world.Engine.SettlementAsync(payment))!.Value;
        await world.AssertPaidOnceAsync(payment, settlement.GetProperty("transaction").GetString()!);
    }

    [Fact]
    public async Task A_kill_after_the_answer_changes_nothing()
    {
        var payment = await world.NewPaymentAsync();
        var before = await world.Engine.SettleAsync(payment, "key-of-a-caller");
        await world.Engine.RestartAsync();
        var after = await world.Engine.SettleAsync(payment, "key-of-a-caller");
        var other = await world.Engine.SettleAsync(payment);
        Assert.True(before.IsSuccess, before.Body);
        Assert.Equal(before.Body, after.Body);
        Assert.Equal("duplicate_settlement", other.ErrorReason);
        await world.AssertPaidOnceAsync(payment, before.Transaction);
    }

    [Fact]
    public async Task Many_settlements_in_flight_at_a_kill_each_settle_once()
    {
        using var payer = await world.Chain.NewPayerAsync();
        var payments = Enumerable.Range(0, 16).Select(_ => Payment.Sign(world.Chain, payer)).ToArray();
        var mined = await world.Chain.MinedOfAsync(world.Signer);
        await KillAtAsync("eth_sendRawTransaction", RpcPoint.BeforeAnswer, () => Task.WhenAll(payments.Select(payment => world.Engine.SettleAsync(payment, "k"))));
        var answers = await Task.WhenAll(payments.Select(payment => world.Engine.SettleAsync(payment, "k")));
        Assert.All(answers, answer => Assert.True(answer.IsSuccess, answer.Body));
        Assert.Equal(payments.Length, await world.Chain.AuthorizationsUsedAsync(payer.Address));
        Assert.Equal(mined + (ulong)payments.Length, await world.Chain.MinedOfAsync(world.Signer));
    }

    [Fact]
    public async Task What_killed_engines_left_behind_is_whole()
    {
        await using var engine = new Engine(Engine.SettingsFor((world.Chain, world.Proxy.Url, await NewGasKeyTextAsync())));
        await engine.StartAsync();
        using var payer = await world.Chain.NewPayerAsync();
        var payments = new List<Payment>();
        foreach (var step in Steps)
        {
            var ten = Enumerable.Range(0, 10).Select(_ => Payment.Sign(world.Chain, payer)).ToArray();
            payments.AddRange(ten);
            Task asked;
            using (var unseen = HideWhatIsMined(step.Data.Item1))
            using (var stop = world.Proxy.StopAt(step.Data.Item1, step.Data.Item2))
            {
                asked = Task.WhenAll(ten.Select(payment => engine.SettleAsync(payment, "k")));
                await stop.MetAsync();
                await engine.KillAsync();
            }

            await Assert.ThrowsAnyAsync<HttpRequestException>(() => asked);
            await engine.StartAsync();
        }

        var answers = await Task.WhenAll(payments.Select(payment => engine.SettleAsync(payment, "k")));
        Assert.All(answers, answer => Assert.True(answer.IsSuccess, answer.Body));
        Assert.Equal(payments.Count, await world.Chain.AuthorizationsUsedAsync(payer.Address));
        engine.Program.Terminate();
        Assert.Equal(0, await engine.Program.EndAsync(30));
        await engine.AssertWholeAsync(transfers: payments.Count);
    }

    /// <summary>While the answer to what was sent is held, the engine may find it mined and answer before it is killed.</summary>
    private RpcProxy.Stop? HideWhatIsMined(string method) =>
        method == "eth_sendRawTransaction" ? world.Proxy.StopAt("eth_getTransactionReceipt", RpcPoint.BeforeNode) : null;

    private async Task<string> NewGasKeyTextAsync()
    {
        var key = Engine.NewKeyText(out var address);
        await world.Chain.CallAsync("anvil_setBalance", address.ToString(), "0x56bc75e2d63100000");
        return key;
    }

    /// <summary>Lets the request run to the step, kills the engine there, starts it again.</summary>
    private async Task KillAtAsync(string method, RpcPoint point, Func<Task> ask)
    {
        Task asked;
        using (var unseen = HideWhatIsMined(method))
        using (var stop = world.Proxy.StopAt(method, point))
        {
            asked = ask();
            await stop.MetAsync();
            await world.Engine.KillAsync();
        }

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => asked);
        await world.Engine.StartAsync();
    }
}
