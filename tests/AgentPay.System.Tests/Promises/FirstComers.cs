using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Promises;

/// <summary>Payments of which each was sent by somebody else just before the engine sent it.</summary>
internal static class FirstComers
{
    /// <summary>All are paid once, by that one's transactions, and everybody is told so.</summary>
    public static async Task AssertPaidByFirstAsync(NodeWorld world, EvmSigner payer)
    {
        var before = await world.Chain.BalanceAsync(payer.Address);
        var payments = ManyPayments.Of(world, payer);
        Answer[] answers;
        using (var first = await FirstComer.ComeAsync(world.Chain, world.Proxy, payments.All))
        {
            answers = await payments.SettleAsync();
            var known = await payments.UntilKnownAsync();
            NotAsSentTests.Print(known, $"Somebody was first, {answers.Count(static answer => answer.IsSuccess)} told success");
            Assert.Equal((ulong)ManyPayments.Count, await world.Chain.MinedOfAsync(first.Address));
        }

        var statuses = await payments.AssertToldAsItIsAsync(answers, ManyPayments.Count);
        Assert.DoesNotContain("failed", statuses);
        var used = await world.Chain.AuthorizationsUsedAsync();
        var again = await payments.SettleAsync();
        Assert.Equal(payments.All.Select(payment => used[(payer.Address, payment.Transfer.Nonce)]), again.Select(static answer => answer.IsSuccess ? answer.Transaction : answer.Body));
        Assert.Equal((ManyPayments.Count, before - ((ulong)ManyPayments.Count * Payment.Price)), (await world.Chain.AuthorizationsUsedAsync(payer.Address), await world.Chain.BalanceAsync(payer.Address)));
    }
}
