using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Hostile;

/// <summary>Whatever is sent to the facilitator gets the one right answer, has no effect when it is refused, and the process stays up.</summary>
public sealed class FacilitatorInputTests(AutomineWorld world) : IClassFixture<AutomineWorld>
{
    public static readonly TheoryData<string> Cases = [.. FacilitatorInput.All.Keys];

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Cases))]
    public async Task A_request_with_one_thing_changed_gets_the_one_right_answer(string name)
    {
        var input = FacilitatorInput.All[name];
        var payment = await world.NewPaymentAsync();
        var mined = await world.Chain.MinedOfAsync(world.Signer);
        var body = input.Body(payment);

        var verdict = await world.Engine.PostAsync("/facilitator/verify", body);
        var settled = await world.Engine.PostAsync("/facilitator/settle", body);

        Assert.Equal((input.Status, input.Status), (verdict.Status, settled.Status));
        if (input.Code == "valid")
        {
            Assert.True(verdict.IsValid, verdict.Body);
            Assert.True(settled.IsSuccess, settled.Body);
            return;
        }

        Assert.Equal((false, input.Code), (verdict.IsValid, verdict.Text("invalidReason")));
        Assert.Equal((false, input.Code, ""), (settled.IsSuccess, settled.ErrorReason, settled.Transaction));
        Assert.Equal(input.Status == 400 ? input.Code : null, settled.Text("code"));
        Assert.Null(await world.Engine.SettlementAsync(payment));
        Assert.Equal(mined, await world.Chain.MinedOfAsync(world.Signer));
        Assert.Equal(200, (await world.Engine.GetAsync("/health/live")).Status);
    }

    [Fact]
    public async Task Another_spelling_of_a_settled_payment_is_the_same_payment()
    {
        foreach (var name in new[] { "spaces and line ends", "addresses and nonce in capitals", "v is 0 or 1", "a signature in capitals", "members nobody knows" })
        {
            var payment = await world.NewPaymentAsync();
            var settled = await world.Engine.SettleAsync(payment);
            var again = await world.Engine.PostAsync("/facilitator/settle", FacilitatorInput.All[name].Body(payment));
            Assert.True(settled.IsSuccess, settled.Body);
            Assert.Equal((name, "duplicate_settlement", settled.Transaction), (name, again.ErrorReason, again.Transaction));
            Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
        }
    }

    [Fact]
    public async Task After_all_of_it_an_honest_payment_settles_and_nothing_was_logged_as_a_defect()
    {
        foreach (var input in FacilitatorInput.All.Values.Where(input => input.Code != "valid"))
        {
            await world.Engine.PostAsync("/facilitator/settle", input.Body(await world.NewPaymentAsync()));
        }

        var payment = await world.NewPaymentAsync();
        var settled = await world.Engine.SettleAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        await world.AssertPaidOnceAsync(payment, settled.Transaction);
        Assert.DoesNotContain("fail: ", world.Engine.Program.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", world.Engine.Program.Output, StringComparison.Ordinal);
    }
}
