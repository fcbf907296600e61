using System.Net;
using System.Text;
using System.Text.Json;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Tests.Payments;

/// <summary>A priced endpoint over HTTP: what is charged, and to whom it is given, when buyers hang up, come again, or there is nothing to say.</summary>
public sealed class GateTests
{
    [Theory]
    [InlineData("/none", 204)]
    [InlineData("/empty", 200)]
    [InlineData("/nothing", 200)]
    public async Task An_answer_without_a_body_is_sold_once_with_its_receipt(string path, int status)
    {
        await using var shop = await Shop.OpenAsync();
        shop.Engine.Chain.Automine = true;
        var payment = shop.Engine.Pay();

        using var sold = await shop.BuyAsync(path, payment);
        Assert.Equal(status, (int)sold.StatusCode);
        Assert.Empty(await sold.Content.ReadAsByteArrayAsync(Engine.Stop));
        var receipt = JsonDocument.Parse(Convert.FromBase64String(Assert.Single(sold.Headers.GetValues("PAYMENT-RESPONSE")))).RootElement;
        Assert.Equal((await shop.Engine.ReadAsync(payment))!.Transaction, receipt.GetProperty("transaction").GetString());
        await shop.Engine.UntilAsync(async () => (await shop.Engine.ReadAsync(payment))!.Answered);

        using var again = await shop.BuyAsync(path, payment);
        Assert.Equal((HttpStatusCode.PaymentRequired, "payment_in_use"), (again.StatusCode, ErrorOf(again)));
        using var next = await shop.BuyAsync(path, shop.Engine.Pay());
        Assert.Equal(status, (int)next.StatusCode);
        await shop.DisposeAsync();
        Assert.Empty(shop.Thrown);
    }

    [Theory]
    [InlineData(64 * 1024, HttpStatusCode.OK)]
    [InlineData((64 * 1024) + 1, HttpStatusCode.PaymentRequired)]
    public async Task An_answer_to_a_named_payment_is_kept_up_to_64_KiB_and_a_longer_one_is_sold_once(int bytes, HttpStatusCode repeated)
    {
        await using var shop = await Shop.OpenAsync();
        shop.Engine.Chain.Automine = true;
        var payment = shop.Engine.Pay();
        var path = $"/sized?bytes={bytes}";

        using var sold = await shop.BuyAsync(path, payment, "pay_0123456789abcdef");
        Assert.Equal((HttpStatusCode.OK, bytes), (sold.StatusCode, (await sold.Content.ReadAsByteArrayAsync(Engine.Stop)).Length));
        await shop.Engine.UntilAsync(async () => (await shop.Engine.ReadAsync(payment))!.Answered);

        using var again = await shop.BuyAsync(path, payment, "pay_0123456789abcdef");
        Assert.Equal(repeated, again.StatusCode);
        if (repeated == HttpStatusCode.OK)
        {
            Assert.Equal(bytes, (await again.Content.ReadAsByteArrayAsync(Engine.Stop)).Length);
        }
    }

    [Theory]
    [InlineData("/broken")]
    [InlineData("/throws")]
    public async Task A_run_that_fails_costs_nothing_and_the_payment_may_be_used_again(string path)
    {
        await using var shop = await Shop.OpenAsync();
        shop.Engine.Chain.Automine = true;
        var payment = shop.Engine.Pay();

        using var failed = await shop.BuyAsync(path, payment);
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.False(failed.Headers.Contains("PAYMENT-RESPONSE"));
        Assert.Equal((SettlementStatus.Released, 0), (await shop.Engine.StatusAsync(payment), shop.Engine.Chain.Submissions));
        using var sold = await shop.BuyAsync("/none", payment);
        Assert.Equal(HttpStatusCode.NoContent, sold.StatusCode);
    }

    [Fact]
    public async Task Who_hangs_up_while_the_handler_runs_is_not_charged_and_may_use_the_payment_again()
    {
        await using var shop = await Shop.OpenAsync();
        shop.Engine.Chain.Automine = true;
        var payment = shop.Engine.Pay();

        await HangUpInRunAsync(shop, payment);
        await shop.Engine.UntilAsync(payment, SettlementStatus.Released);
        Assert.Equal(0, shop.Engine.Chain.Submissions);

        Assert.Equal("sold", await BuyHeldAsync(shop, payment));
        Assert.Equal(Engine.Price, shop.Engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task Who_hangs_up_while_it_is_settled_pays_once_and_gets_it_with_the_same_header_once()
    {
        await using var shop = await Shop.OpenAsync();
        var payment = shop.Engine.Pay();

        await HangUpInSettlementAsync(shop, payment);
        Assert.Equal("sold", await BuyHeldAsync(shop, payment));
        await shop.Engine.UntilAsync(async () => (await shop.Engine.ReadAsync(payment))!.Answered);

        using var third = await shop.BuyAsync("/held", payment);
        Assert.Equal((HttpStatusCode.PaymentRequired, "payment_in_use"), (third.StatusCode, ErrorOf(third)));
        Assert.Equal((Engine.Price, 1), (shop.Engine.PaidTo(Engine.Merchant), shop.Engine.Chain.Submissions));
    }

    [Fact]
    public async Task What_was_paid_serves_no_other_resource_after_its_buyer_hung_up()
    {
        await using var shop = await Shop.OpenAsync();
        var payment = shop.Engine.Pay();

        await HangUpInSettlementAsync(shop, payment);
        using var other = await shop.BuyAsync("/held?other=1", payment);
        Assert.Equal((HttpStatusCode.PaymentRequired, "payment_in_use"), (other.StatusCode, ErrorOf(other)));
        Assert.Equal("sold", await BuyHeldAsync(shop, payment));
    }

    [Fact]
    public async Task A_payment_runs_the_handler_nine_times_at_most()
    {
        await using var shop = await Shop.OpenAsync();
        var payment = shop.Engine.Pay();

        await HangUpInSettlementAsync(shop, payment);
        for (var takeOver = 1; takeOver <= Settlement.TakeOversMax; takeOver++)
        {
            await HangUpInRunAsync(shop, payment);
            await shop.Engine.UntilAsync(async () => (await shop.Engine.ReadAsync(payment))!.Admission is { ExpiresAt.Ticks: 0 } held && held.TakeOvers == takeOver);
        }

        using var tenth = await shop.BuyAsync("/held", payment);
        Assert.Equal((HttpStatusCode.PaymentRequired, "payment_in_use"), (tenth.StatusCode, ErrorOf(tenth)));
        Assert.False(shop.Runs.Reader.TryRead(out _));
        Assert.Equal(Engine.Price, shop.Engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task Who_hangs_up_in_the_middle_of_the_answer_has_had_it()
    {
        await using var shop = await Shop.OpenAsync();
        shop.Engine.Chain.Automine = true;
        var payment = shop.Engine.Pay();

        using (var client = await shop.AskAsync("/big", payment))
        {
            var first = new byte[1024];
            Assert.True(await client.GetStream().ReadAsync(first, Engine.Stop) > 0);
            Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(first), StringComparison.Ordinal);
        }

        await shop.Engine.UntilAsync(async () => (await shop.Engine.ReadAsync(payment))!.Answered);
        using var again = await shop.BuyAsync("/big", payment);
        Assert.Equal((HttpStatusCode.PaymentRequired, "payment_in_use"), (again.StatusCode, ErrorOf(again)));
    }

    [Fact]
    public async Task Who_reads_slowly_has_had_the_answer_and_gets_no_second_one()
    {
        await using var shop = await Shop.OpenAsync();
        shop.Engine.Chain.Automine = true;
        var payment = shop.Engine.Pay();

        using var slow = await shop.AskAsync("/big", payment);
        Assert.True(await slow.GetStream().ReadAsync(new byte[1024], Engine.Stop) > 0);
        await shop.Engine.UntilAsync(async () => (await shop.Engine.ReadAsync(payment))!.Answered);

        shop.Engine.Clock.Advance(TimeSpan.FromMinutes(4));
        using var again = await shop.BuyAsync("/big", payment);
        Assert.Equal((HttpStatusCode.PaymentRequired, "payment_in_use"), (again.StatusCode, ErrorOf(again)));
    }

    [Fact]
    public async Task By_HTTP_2_an_answer_is_whole_and_who_reads_slowly_gets_no_second_one()
    {
        await using var shop = await Shop.OpenAsync();
        shop.Engine.Chain.Automine = true;
        var (small, payment) = (shop.Engine.Pay(), shop.Engine.Pay());
        using var whole = await shop.BuyByStreamAsync("/sized?bytes=70000", small);
        Assert.Equal((HttpStatusCode.OK, 70_000), (whole.StatusCode, (await whole.Content.ReadAsByteArrayAsync(Engine.Stop)).Length));

        using var slow = await shop.BuyByStreamAsync("/big", payment);
        await shop.Engine.UntilAsync(async () => (await shop.Engine.ReadAsync(payment))!.Answered);
        shop.Engine.Clock.Advance(TimeSpan.FromMinutes(4));
        using var again = await shop.BuyByStreamAsync("/big", payment);
        Assert.Equal((HttpStatusCode.PaymentRequired, "payment_in_use"), (again.StatusCode, ErrorOf(again)));
    }

    [Fact]
    public async Task An_answer_that_cannot_begin_to_leave_is_cut_off_and_may_be_had_again()
    {
        await using var shop = await Shop.OpenAsync(onTestClock: true);
        shop.Engine.Chain.Automine = true;
        var payment = shop.Engine.Pay();
        const string Path = "/sized?bytes=70000";

        shop.IsWireStuck = true;
        var stuck = shop.BuyAsync(Path, payment);
        await shop.Engine.UntilAsync(() => stuck.IsCompleted, timePasses: true);
        await Assert.ThrowsAsync<HttpRequestException>(() => stuck);
        shop.IsWireStuck = false;

        await shop.Engine.UntilAsync(async () => await shop.Engine.ReadAsync(payment) is { IsPaid: true, Admission.ExpiresAt.Ticks: 0 });
        using var again = await shop.BuyAsync(Path, payment);
        Assert.Equal((HttpStatusCode.OK, 70_000), (again.StatusCode, (await again.Content.ReadAsByteArrayAsync(Engine.Stop)).Length));
    }

    /// <summary>A buyer who leaves while the handler runs, before anything is settled in this run.</summary>
    private static async Task HangUpInRunAsync(Shop shop, Payment payment)
    {
        var client = await shop.AskAsync("/held", payment);
        var (context, goOn) = await shop.NextRunAsync();
        client.Dispose();
        await shop.Engine.UntilAsync(() => context.RequestAborted.IsCancellationRequested);
        goOn.SetResult();
    }

    /// <summary>A buyer who leaves when the money is on its way.</summary>
    private static async Task HangUpInSettlementAsync(Shop shop, Payment payment)
    {
        var client = await shop.AskAsync("/held", payment);
        var (context, goOn) = await shop.NextRunAsync();
        goOn.SetResult();
        await shop.Engine.UntilAsync(() => shop.Engine.Chain.Pool.Count == 1);
        client.Dispose();
        await shop.Engine.UntilAsync(() => context.RequestAborted.IsCancellationRequested);
        shop.Engine.Chain.Mine();
        await shop.Engine.UntilAsync(async () => await shop.Engine.ReadAsync(payment) is { IsPaid: true, Admission.ExpiresAt.Ticks: 0 });
    }

    private static async Task<string> BuyHeldAsync(Shop shop, Payment payment)
    {
        var buying = shop.BuyAsync("/held", payment);
        (await shop.NextRunAsync()).GoOn.SetResult();
        using var answer = await buying;
        return await answer.Content.ReadAsStringAsync(Engine.Stop);
    }

    private static string? ErrorOf(HttpResponseMessage answer) =>
        JsonDocument.Parse(Convert.FromBase64String(Assert.Single(answer.Headers.GetValues("PAYMENT-REQUIRED")))).RootElement.GetProperty("error").GetString();
}
