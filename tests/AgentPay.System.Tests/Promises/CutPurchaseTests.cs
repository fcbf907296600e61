using System.Text.Json;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Promises;

/// <summary>P3 and P17: who waited for what it bought when its engine died gets it from another one, for the same payment, within seconds and once.</summary>
[Collection("Two engines")]
public sealed class CutPurchaseTests(ThreeEngines world) : IClassFixture<ThreeEngines>
{
    private static readonly TimeSpan _servedWithin = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_buyer_whose_engine_dies_before_it_answers_is_served_by_another_for_the_same_payment_and_once()
    {
        using var payer = await world.Chain.NewPayerAsync(1_000_000_000);
        var payment = Payment.Sign(world.Chain, payer);
        var holder = await Wait.ForAsync(world.HolderAsync);
        var (victim, others) = (world.All.First(engine => engine != holder), world.All.Where(engine => engine != holder).Skip(1).Prepend(holder).ToArray());

        using (var sending = world.Node.StopAt("eth_sendRawTransaction", RpcPoint.BeforeNode))
        {
            var cut = victim.BuyAsync(payment);
            await sending.MetAsync();
            await victim.KillAsync();
            await Assert.ThrowsAsync<HttpRequestException>(() => cut);
        }

        var since = TimeProvider.System.GetTimestamp();
        var served = await Wait.ForAsync(async () => await others[0].BuyAsync(payment) is { Status: 200 } answer ? answer : null);
        Assert.InRange(TimeProvider.System.GetElapsedTime(since), TimeSpan.Zero, _servedWithin);

        var receipt = JsonDocument.Parse(Convert.FromBase64String(served.Header("PAYMENT-RESPONSE")!)).RootElement;
        Assert.True(receipt.GetProperty("success").GetBoolean(), $"{receipt}");
        Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payer.Address));
        foreach (var engine in others)
        {
            Assert.Equal("payment_in_use", (await engine.BuyAsync(payment)).Text("error"));
        }
    }
}
