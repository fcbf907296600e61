using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Operation;

/// <summary>A backup that is put back is older than the chain: nobody pays twice for that, and nobody is served for what another engine's memory settled.</summary>
public sealed class RestoredBackupTests(ManualWorld world) : IClassFixture<ManualWorld>
{
    public static TheoryData<bool> Ways => Backup.Ways;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_was_settled_before_during_and_after_a_backup_is_paid_once_when_it_is_put_back(bool isStopped)
    {
        using var backup = new Backup(world.Engine, isStopped);
        var mined = await world.Chain.MinedOfAsync(world.Signer);
        var (before, during, after, other) = (await world.NewPaymentAsync(), await world.NewPaymentAsync(), await world.NewPaymentAsync(), await world.NewPaymentAsync());
        var settled = await SettleAsync(before);
        var pending = await world.Engine.SettleAsync(during, "k");
        Assert.Equal("settlement_pending", pending.ErrorReason);
        await backup.TakeAsync();
        await world.Chain.MineAsync();
        await SettleAsync(after);

        await world.Engine.KillAsync();
        await backup.PutBackAsync();
        await world.Engine.StartAsync();

        var again = await world.Engine.SettleAsync(before, "k");
        var found = await Wait.ForAsync(async () => await world.Engine.SettleAsync(during, "k") is { IsSuccess: true } answer ? answer : null);
        var forgotten = await world.Engine.SettleAsync(after, "k");
        var bought = await world.Engine.BuyAsync(after);
        await SettleAsync(other);
        Assert.Equal(settled.Body, again.Body);
        Assert.Equal(pending.Transaction, found.Transaction);
        Assert.Equal("invalid_exact_evm_nonce_already_used", forgotten.ErrorReason);
        Assert.Equal((402, "invalid_exact_evm_nonce_already_used"), (bought.Status, bought.Text("error")));
        foreach (var payment in new[] { before, during, after, other })
        {
            Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
        }

        Assert.Equal(mined + 4, await world.Chain.MinedOfAsync(world.Signer));
    }

    /// <summary>Asked, mined when it is on its way, and asked again with the same key.</summary>
    private async Task<Answer> SettleAsync(Payment payment)
    {
        var pending = await world.Engine.SettleAsync(payment, "k");
        Assert.True(pending.ErrorReason == "settlement_pending", pending.Body);
        await world.Chain.MineAsync();
        return await Wait.ForAsync(async () => await world.Engine.SettleAsync(payment, "k") is { IsSuccess: true } answer ? answer : null);
    }
}
