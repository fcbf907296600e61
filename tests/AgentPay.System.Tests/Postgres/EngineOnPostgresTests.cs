using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Postgres;

/// <summary>The engine on a database instead of a file: what it promised holds there as well.</summary>
public sealed class EngineOnPostgresTests(PostgresWorld world) : IClassFixture<PostgresWorld>
{
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
    public async Task Payments_under_way_when_engine_and_database_are_killed_are_each_paid_once()
    {
        using var payer = await world.Chain.NewPayerAsync();
        var payments = Enumerable.Range(0, 200).Select(_ => Payment.Sign(world.Chain, payer)).ToArray();
        var asked = Task.WhenAll(payments.Select(payment => world.Engine.SettleAsync(payment, "k")));
        await Wait.UntilAsync(async () => await world.Chain.AuthorizationsUsedAsync(payer.Address) > 0);
        await world.Postgres.KillAsync();
        await world.Engine.KillAsync();
        await Task.WhenAny(asked);
        Assert.False(asked.IsCompletedSuccessfully && (await asked).All(static answer => answer is { Status: 200, IsSuccess: true }), "The kill came too late to mean anything.");

        await world.Postgres.StartAsync();
        await world.Engine.StartAsync();
        var answers = await Task.WhenAll(payments.Select(payment => world.Engine.SettleAsync(payment, "k")));

        Assert.All(answers, answer => Assert.True(answer.IsSuccess, answer.Body));
        Assert.Equal(payments.Length, await world.Chain.AuthorizationsUsedAsync(payer.Address));
    }

    [Fact]
    public async Task While_the_database_is_away_payments_are_503_and_when_it_is_back_they_settle()
    {
        var payment = await world.NewPaymentAsync();
        await world.Postgres.KillAsync();
        var refused = await world.Engine.SettleAsync(payment, "k");
        await Wait.UntilAsync(async () => (await world.Engine.GetAsync("/health/ready")).Status == 503);
        await world.Postgres.StartAsync();
        await Wait.UntilAsync(async () => (await world.Engine.GetAsync("/health/ready")).Status == 200);
        var settled = await world.Engine.SettleAsync(payment, "k");

        Assert.Equal(503, refused.Status);
        Assert.Contains("store_unavailable", refused.Body, StringComparison.Ordinal);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.True(settled.IsSuccess, settled.Body);
        await world.AssertPaidOnceAsync(payment, settled.Transaction);
    }
}
