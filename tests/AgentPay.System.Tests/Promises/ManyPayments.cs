using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>Payments that are settled at once while a node is in trouble, and what must be known of them soon after.</summary>
internal sealed class ManyPayments(NodeWorld world, Payment[] payments)
{
    private const int SecondsMax = 5;

    /// <summary>As many as the promise was set with, or some.</summary>
    public static int Count { get; } = TestScale.Factor > 1 ? 20 : 2;

    public IReadOnlyList<Payment> All => payments;

    public static ManyPayments Of(NodeWorld world, EvmSigner payer) => new(world, [.. Enumerable.Range(0, Count).Select(_ => Payment.Sign(world.Chain, payer))]);

    public Task<Answer[]> SettleAsync(string key = "k") => Task.WhenAll(payments.Select(payment => world.Engine.SettleAsync(payment, key)));

    /// <summary>Two blocks later, and within five seconds, the engine knows what became of each; how long that took.</summary>
    public async Task<TimeSpan> UntilKnownAsync()
    {
        await world.Chain.MineAsync();
        await world.Chain.MineAsync();
        var over = TimeProvider.System.GetTimestamp();
        await Wait.UntilAsync(async () => (await StatusesAsync()).All(static status => status is null or "confirmed" or "failed"), SecondsMax);
        return TimeProvider.System.GetElapsedTime(over);
    }

    /// <summary>As many are confirmed as were paid, and nobody was told otherwise; their statuses.</summary>
    public async Task<string?[]> AssertToldAsItIsAsync(Answer[] answers, int paid)
    {
        var statuses = await StatusesAsync();
        Assert.Equal(paid, statuses.Count(static status => status == "confirmed"));
        foreach (var (answer, status) in answers.Zip(statuses))
        {
            // Told no, and it was paid after all: pending is no such word, nor is 503.
            Assert.False(answer.Status == 200 && !answer.IsSuccess && answer.ErrorReason != "settlement_pending" && status == "confirmed", answer.Body);
            Assert.False(answer.Status == 200 && answer.IsSuccess && status != "confirmed", answer.Body);
        }

        return statuses;
    }

    private Task<string?[]> StatusesAsync() => Task.WhenAll(
        payments.Select(async payment => (await world.Engine.SettlementAsync(payment))?.GetProperty("status").GetString()));
}
