using System.Net;
using System.Text.Json;
using AgentPay.Api.Silence;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Settlements;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Grains.Tests.Payments;

/// <summary>The database says nothing: buyers are told at once, and what they had asked goes on without them.</summary>
public sealed class SilenceTests
{
    [Theory]
    [InlineData(0, "admission")]
    [InlineData(1, "reservation")]
    public async Task A_buyer_whose_purchase_waits_for_a_silent_database_is_told_so_and_gets_it_once_when_it_asks_again(long version, string held)
    {
        await using var shop = await Shop.OpenAsync();
        var engine = shop.Engine;
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        engine.Store.HoldBefore = commit => commit.Grain.Type == SettlementId.GrainType && commit.ExpectedVersion == version;
        var first = shop.BuyAsync("/sized?bytes=3", payment);
        await engine.UntilAsync(() => !engine.Store.Held.IsEmpty);
        Assert.False(first.IsCompleted, held);

        shop.Silence.Begin();
        using var told = await first;
        shop.Silence.End();
        engine.Store.Release();

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "store_unavailable"), (told.StatusCode, await CodeOfAsync(told)));
        Assert.NotNull(told.Headers.RetryAfter);
        await engine.UntilAsync(async () =>
        {
            using var again = await shop.BuyAsync("/sized?bytes=3", payment);
            return again.StatusCode == HttpStatusCode.OK;
        });
        await engine.UntilAsync(async () => (await engine.ReadAsync(payment))!.Answered);
        using var third = await shop.BuyAsync("/sized?bytes=3", payment);
        Assert.Equal(HttpStatusCode.PaymentRequired, third.StatusCode);
        Assert.Equal((Engine.Price, 1), (engine.PaidTo(Engine.Merchant), engine.Chain.Submissions));
    }

    [Fact]
    public async Task Nothing_is_begun_while_the_database_is_silent()
    {
        await using var shop = await Shop.OpenAsync();
        shop.Silence.Begin();

        using var refused = await shop.BuyAsync("/empty", shop.Engine.Pay());

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "store_unavailable"), (refused.StatusCode, await CodeOfAsync(refused)));
        Assert.Equal(0, shop.Engine.Turns.Of(nameof(ISettlementGrain.AdmitAsync)));
    }

    [Fact]
    public async Task A_run_that_fails_while_the_database_is_silent_frees_its_payment_when_it_answers_again()
    {
        await using var shop = await Shop.OpenAsync();
        var engine = shop.Engine;
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        var buying = shop.BuyAsync("/held", payment);
        var (_, goOn) = await shop.NextRunAsync();
        engine.Store.HoldBefore = commit => commit.Grain.Type == SettlementId.GrainType;

        shop.Silence.Begin();
        goOn.SetException(new InvalidOperationException("broken"));
        using var told = await buying;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, told.StatusCode);
        shop.Silence.End();
        engine.Store.Release();

        await engine.UntilAsync(payment, SettlementStatus.Released);
        Assert.Equal(0, engine.Chain.Submissions);
    }

    [Fact]
    public async Task A_payment_whose_run_ends_while_the_database_is_silent_is_not_settled_for_nobody()
    {
        await using var shop = await Shop.OpenAsync();
        var engine = shop.Engine;
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        var buying = shop.BuyAsync("/held", payment);
        var (_, goOn) = await shop.NextRunAsync();

        shop.Silence.Begin();
        goOn.SetResult();
        using var told = await buying;

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "store_unavailable"), (told.StatusCode, await CodeOfAsync(told)));
        await engine.UntilAsync(payment, SettlementStatus.Released);
        Assert.Equal(0, engine.Chain.Submissions);
    }

    [Fact]
    public async Task What_is_owed_is_done_while_the_database_is_silent_and_nobody_waits_for_it()
    {
        using var store = new SilentStore();
        var silence = new StoreSilence(store, NullLogger<StoreSilence>.Instance);
        var (goOn, done) = (new TaskCompletionSource(), new TaskCompletionSource());
        store.Begin();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => silence.OwedAsync(async () =>
        {
            await goOn.Task;
            done.SetResult();
        }));

        goOn.SetResult();
        await done.Task;
        await silence.OwedAsync(() => Task.CompletedTask);
    }

    [Fact]
    public async Task Whoever_was_told_of_a_silence_counts_as_one_that_left_and_what_came_all_the_same_is_seen_to()
    {
        using var store = new SilentStore();
        var silence = new StoreSilence(store, NullLogger<StoreSilence>.Instance);
        var (hasLeft, outcome, seenTo) = (new TaskCompletionSource(), new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var asked = silence.UnlessAsync(
            token =>
            {
                token.Register(hasLeft.SetResult);
                return outcome.Task;
            },
            late =>
            {
                seenTo.SetResult(late);
                return Task.CompletedTask;
            },
            Engine.Stop);

        store.Begin();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => asked);
        await hasLeft.Task;
        outcome.SetResult(7);
        Assert.Equal(7, await seenTo.Task);
    }

    private static async Task<string?> CodeOfAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStreamAsync(Engine.Stop)).RootElement.GetProperty("code").GetString();
}
