using System.Text;
using System.Text.Json;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Hostile;

/// <summary>What a seller is offered instead of a payment.</summary>
public sealed class SellerTests(AutomineWorld world) : IClassFixture<AutomineWorld>
{
    private const string V2 = "PAYMENT-SIGNATURE";
    private const string V1 = "X-PAYMENT";

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("paid")]
    [InlineData("e30")]
    [InlineData("{}")]
    [InlineData("bnVsbA==")]
    [InlineData("W10=")]
    [InlineData("e31=")]
    [InlineData("eyJhIjoxLCJhIjoyfQ==")]
    [InlineData("_-__")]
    [InlineData("H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==")]
    public async Task A_header_that_holds_no_message_is_400(string header)
    {
        foreach (var name in new[] { V1, V2 })
        {
            var answer = await world.Engine.GetAsync("/demo/quote", (name, header));
            Assert.Equal((400, "invalid_payload"), (answer.Status, answer.Text("code")));
        }
    }

    [Fact]
    public async Task Spellings_of_the_same_base64_are_400()
    {
        var payment = await world.NewPaymentAsync();
        payment.Payload["more"] = "";
        while (!payment.Header.EndsWith("==", StringComparison.Ordinal))
        {
            payment.Payload["more"] = payment.Payload["more"]!.GetValue<string>() + "x";
        }

        var header = payment.Header;
        foreach (var spelling in new[] { header.TrimEnd('='), header[..^3] + (char)(header[^3] + 1) + "==", header[..8] + " " + header[8..], header + "====", header + "," + header })
        {
            var answer = await world.Engine.GetAsync("/demo/quote", (V2, spelling));
            Assert.Equal((400, "invalid_payload"), (answer.Status, answer.Text("code")));
        }

        Assert.Equal(200, (await world.Engine.BuyAsync(payment)).Status);
    }

    [Fact]
    public async Task A_header_may_have_16_KiB_and_not_more()
    {
        var payment = await world.NewPaymentAsync();
        payment.Payload["more"] = new string('x', 11_000);
        while (payment.Header.Length < 16 * 1024)
        {
            payment.Payload["more"] = payment.Payload["more"]!.GetValue<string>() + "x";
        }

        Assert.Equal(16 * 1024, payment.Header.Length);
        Assert.Equal(200, (await world.Engine.BuyAsync(payment)).Status);
        var longer = await world.NewPaymentAsync();
        longer.Payload["more"] = payment.Payload["more"]!.GetValue<string>() + "xxx";
        Assert.Equal((400, 16 * 1024 + 4), ((await world.Engine.BuyAsync(longer)).Status, longer.Header.Length));
        Assert.Null(await world.Engine.SettlementAsync(longer));
    }

    [Fact]
    public async Task Deep_JSON_is_400()
    {
        var deep = Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('[', 9_000)));
        Assert.Equal(400, (await world.Engine.GetAsync("/demo/quote", (V2, deep))).Status);
    }

    [Fact]
    public async Task A_header_sent_twice_is_400_even_when_both_are_the_same()
    {
        var header = (await world.NewPaymentAsync()).Header;
        var (status, text) = await RawHttp.SendAsync(world.Engine.Url, RawHttp.Request(world.Engine.Url, "GET /demo/quote", $"{V2}: {header}\r\n{V2}: {header}\r\n"));
        Assert.True(status == 400, text);
    }

    [Fact]
    public async Task Of_both_headers_the_newer_version_counts()
    {
        var (v1, v2) = (await world.NewPaymentAsync(version: 1), await world.NewPaymentAsync());
        var answer = await world.Engine.GetAsync("/demo/quote", (V1, v1.Header), (V2, v2.Header));
        Assert.Equal(200, answer.Status);
        Assert.NotNull(answer.Header("PAYMENT-RESPONSE"));
        Assert.Null(answer.Header("X-PAYMENT-RESPONSE"));
        Assert.Equal((0, 1), (await world.Chain.AuthorizationsUsedAsync(v1.Payer), await world.Chain.AuthorizationsUsedAsync(v2.Payer)));
    }

    [Theory]
    [InlineData(1, V2)]
    [InlineData(2, V1)]
    public async Task A_payment_in_the_other_versions_header_is_402_with_the_code(int version, string header)
    {
        var answer = await world.Engine.GetAsync("/demo/quote", (header, (await world.NewPaymentAsync(version)).Header));
        Assert.Equal((402, "invalid_x402_version"), (answer.Status, ErrorOf(answer)));
    }

    [Theory]
    [InlineData("amount", "999")]
    [InlineData("payTo", "0x2222222222222222222222222222222222222222")]
    [InlineData("asset", "0x1111111111111111111111111111111111111111")]
    [InlineData("network", "eip155:8453")]
    [InlineData("scheme", "upto")]
    public async Task Terms_the_buyer_made_up_are_not_the_sellers(string member, string value)
    {
        var payment = await world.NewPaymentAsync();
        payment.Payload["accepted"]![member] = value;
        var answer = await world.Engine.BuyAsync(payment);
        Assert.Equal((402, "No matching payment requirements"), (answer.Status, ErrorOf(answer)));
        Assert.Null(await world.Engine.SettlementAsync(payment));
    }

    [Fact]
    public async Task A_payment_serves_one_request_and_no_other_and_shared_caches_keep_neither_answer()
    {
        var payment = await world.NewPaymentAsync();
        var asked = await world.Engine.GetAsync("/demo/quote");
        var sold = await world.Engine.BuyAsync(payment);
        var again = await world.Engine.BuyAsync(payment);
        var elsewhere = await world.Engine.GetAsync("/demo/quote?other=1", (V2, payment.Header));
        Assert.Equal([402, 200, 402, 402], new[] { asked, sold, again, elsewhere }.Select(answer => answer.Status));
        Assert.All([asked, sold, again, elsewhere], answer => Assert.Equal("no-store, private", answer.Header("Cache-Control")));
        Assert.All([again, elsewhere], answer => Assert.DoesNotContain("\"text\"", answer.Body, StringComparison.Ordinal));
        Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_receipt_comes_in_the_header_of_the_version_that_paid(int version)
    {
        var payment = await world.NewPaymentAsync(version);
        var sold = await world.Engine.BuyAsync(payment);
        Assert.Equal(200, sold.Status);
        var receipt = Decode(sold.Header(version == 1 ? "X-PAYMENT-RESPONSE" : "PAYMENT-RESPONSE")!);
        Assert.Null(sold.Header(version == 1 ? "PAYMENT-RESPONSE" : "X-PAYMENT-RESPONSE"));
        Assert.True(receipt.GetProperty("success").GetBoolean());
        Assert.Equal(version == 1 ? "base-sepolia" : "eip155:84532", receipt.GetProperty("network").GetString());
        await world.AssertPaidOnceAsync(payment, receipt.GetProperty("transaction").GetString()!);
    }

    private static string? ErrorOf(Answer answer) => Decode(answer.Header("PAYMENT-REQUIRED")!).GetProperty("error").GetString();

    private static JsonElement Decode(string header) => JsonDocument.Parse(Convert.FromBase64String(header)).RootElement;
}
