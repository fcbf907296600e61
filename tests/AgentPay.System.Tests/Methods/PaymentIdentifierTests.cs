using System.Text.Json.Nodes;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Methods;

/// <summary>The extension payment-identifier: a payer that names its payment may repeat the request, and gets what it bought.</summary>
public sealed class PaymentIdentifierTests(AutomineWorld world) : IClassFixture<AutomineWorld>
{
    private const string Receipt = "PAYMENT-RESPONSE";

    [Fact]
    public async Task A_repeated_request_gets_the_stored_answer_with_its_receipt_also_after_a_kill()
    {
        var payment = await NamedAsync("pay_0123456789abcdef");
        var first = await world.Engine.BuyAsync(payment);
        Assert.Equal(200, first.Status);
        var again = await world.Engine.BuyAsync(payment);
        await world.Engine.RestartAsync();
        var late = await world.Engine.BuyAsync(payment);

        Assert.Equal((200, first.Body, first.Header(Receipt)), (again.Status, again.Body, again.Header(Receipt)));
        Assert.Equal((200, first.Body, first.Header(Receipt)), (late.Status, late.Body, late.Header(Receipt)));
        Assert.Contains("no-store", late.Header("Cache-Control"), StringComparison.Ordinal);
        Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
        Assert.Equal(1_000_000 - Payment.Price, await world.Chain.BalanceAsync(payment.Payer));
    }

    [Fact]
    public async Task Another_name_no_name_another_url_and_another_signature_get_nothing()
    {
        var payment = await NamedAsync("pay_0123456789abcdef");
        Assert.Equal(200, (await world.Engine.BuyAsync(payment)).Status);

        var other = await world.Engine.GetAsync("/demo/quote?place=oslo", ("PAYMENT-SIGNATURE", payment.Header));
        Assert.Equal((402, "payment_in_use"), (other.Status, other.Text("error")));
        Name(payment, "pay_fedcba9876543210");
        Assert.Equal((402, "payment_in_use"), await BuyAsync(payment));
        payment.Payload.Remove("extensions");
        Assert.Equal((402, "payment_in_use"), await BuyAsync(payment));
        Name(payment, "pay_0123456789abcdef");
        payment.Signature = (await world.NewPaymentAsync()).Signature;
        Assert.Equal(402, (await world.Engine.BuyAsync(payment)).Status);
    }

    [Fact]
    public async Task Many_requests_at_once_buy_one_answer()
    {
        var payment = await NamedAsync("pay_0123456789abcdef");
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => world.Engine.BuyAsync(payment)));

        Assert.Contains(answers, answer => answer.Status == 200);
        Assert.Single(answers.Where(answer => answer.Status == 200).Select(answer => (answer.Body, answer.Header(Receipt))).Distinct());
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal((402, "payment_in_use"), (answer.Status, answer.Text("error"))));
        Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
    }

    [Fact]
    public async Task At_the_facilitator_a_name_earns_no_second_success()
    {
        var payment = await NamedAsync("pay_0123456789abcdef");
        Assert.True((await world.Engine.SettleAsync(payment)).IsSuccess);
        Assert.Equal("duplicate_settlement", (await world.Engine.SettleAsync(payment)).ErrorReason);
    }

    [Fact]
    public async Task The_terms_say_that_a_name_is_understood()
    {
        var terms = JsonNode.Parse(Convert.FromBase64String((await world.Engine.GetAsync("/demo/quote")).Header("PAYMENT-REQUIRED")!))!;
        Assert.False(terms["extensions"]!["payment-identifier"]!["info"]!["required"]!.GetValue<bool>());
    }

    private async Task<Payment> NamedAsync(string identifier)
    {
        var payment = await world.NewPaymentAsync();
        Name(payment, identifier);
        return payment;
    }

    private static void Name(Payment payment, string identifier) => payment.Payload["extensions"] = new JsonObject
    {
        ["payment-identifier"] = new JsonObject { ["info"] = new JsonObject { ["required"] = false, ["id"] = identifier } },
    };

    private async Task<(int Status, string? Error)> BuyAsync(Payment payment)
    {
        var answer = await world.Engine.BuyAsync(payment);
        return (answer.Status, answer.Text("error"));
    }
}
