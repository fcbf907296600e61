using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>Nonces that do not move, on a chain.</summary>
public sealed class NonceWatchTests
{
    [Fact]
    public async Task A_transaction_the_market_left_behind_is_offered_again_and_paid_once()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var cheap = engine.Chain.Pool.Single();
        Raise(engine);
        engine.Chain.Mine();
        Assert.Equal(cheap, engine.Chain.Pool.Single());

        await engine.UntilAsync(() => engine.Chain.Pool.Single() != cheap, timePasses: true);
        var dear = engine.Chain.Pool.Single().ToString();
        engine.Chain.Mine();

        Assert.Equal((true, dear), ((await engine.AnswerAsync(settling)).Response.Success, (await engine.AnswerAsync(settling)).Response.Transaction));
        Assert.Equal(["settlement"], await engine.LedgerAsync(payment));
        Assert.Equal(2, (await engine.SignerAsync()).Transactions.Values.Single().Forms.Length);
    }

    [Fact]
    public async Task When_the_older_form_is_mined_after_all_the_payment_has_its_hash()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var cheap = engine.Chain.Pool.Single();
        Raise(engine);
        engine.Chain.RefusesAll = true;
        await engine.UntilAsync(async () => (await engine.SignerAsync()).Transactions.Values.Single().Forms.Length == 2, timePasses: true);

        engine.Chain.BaseFee = UInt256.One;
        engine.Chain.Mine();

        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        Assert.Equal(cheap.ToString(), (await engine.AnswerAsync(settling)).Response.Transaction);
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task What_a_node_keeps_and_offers_to_no_block_is_offered_again_although_the_market_asks_for_no_more()
    {
        await using var engine = await Engine.StartAsync();
        var payments = new[] { engine.Pay(), engine.Pay() };
        var settling = payments.Select(payment => engine.SettleAsync(payment)).ToArray();
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 2);
        var held = engine.Chain.Pool[0];
        engine.Chain.HoldBack(held);
        engine.Chain.Mine(3);
        Assert.Equal(2, engine.Chain.Pool.Count);
        engine.Chain.Automine = true;

        await engine.UntilAsync(payments[1], SettlementStatus.Confirmed, timePasses: true);

        Assert.All(await engine.AnswersAsync(settling), answer => Assert.True(answer.Response.Success));
        Assert.Equal([2, 1], (await engine.SignerAsync()).Transactions.Values.Select(transaction => transaction.Forms.Length));
        Assert.NotEqual(held.ToString(), (await engine.ReadAsync(payments[0]))!.Transaction);
    }

    [Fact]
    public async Task While_no_block_comes_only_the_first_in_line_is_offered_again_and_each_time_after_twice_as_long()
    {
        await using var engine = await Engine.StartAsync();
        _ = engine.SettleAsync(engine.Pay());
        _ = engine.SettleAsync(engine.Pay());
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 2);

        // Minutes, in strides: tick by tick they are most of what a busy machine gives a test.
        await engine.UntilAsync(async () =>
        {
            engine.Clock.Advance(TimeSpan.FromMilliseconds(500));
            return (await engine.SignerAsync()).Transactions[0].Forms.Length == 4;
        });

        var (first, second) = ((await engine.SignerAsync()).Transactions[0].Forms, (await engine.SignerAsync()).Transactions[1].Forms);
        Assert.All([1, 2, 3], form => Assert.True(first[form].SignedAt - first[form - 1].SignedAt >= TimeSpan.FromSeconds(15 << form), $"{first[form].SignedAt}"));
        Assert.Single(second);
    }

    [Fact]
    public async Task Foreign_transactions_that_vanish_from_the_pool_hold_up_nothing()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.AddForeign(engine.Gas, count: 2);
        await engine.KillAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(async () => (await engine.SignerAsync()).Transactions.Count == 1);
        Assert.Equal(2UL, (await engine.SignerAsync()).Transactions.Keys.Single());

        engine.Chain.DropForeign();
        engine.Chain.Automine = true;

        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
    }

    [Fact]
    public async Task A_nonce_whose_foreign_transaction_is_lost_with_its_block_holds_up_nothing()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.TakeNonce(engine.Gas);
        engine.Chain.Mine();
        await engine.UntilAsync(async () => (await engine.SignerAsync()).Transactions.ContainsKey(1) && engine.Chain.Pool.Count == 1, timePasses: true);

        // Nonce 0 is free again, and nobody else will ever use it.
        engine.Chain.Reorganize(2);
        engine.Chain.Automine = true;

        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
        engine.Chain.Mine(Engine.FinalityDepth);
        await engine.UntilAsync(async () => await engine.SignerAsync() is { Foreign: null, Transactions.IsEmpty: true }, timePasses: true);
    }

    [Fact]
    public async Task A_nonce_is_given_up_once_the_foreign_transaction_is_as_deep_as_a_payment_has_to_be_and_no_block_sooner()
    {
        await using var engine = await Engine.StartAsync(confirmations: 3);
        var payment = engine.Pay();
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.TakeNonce(engine.Gas);

        for (var depth = 1; depth < 3; depth++)
        {
            await KeepHouseAsync(engine);
            Assert.True(await engine.SignerAsync() is { NextNonce: 1, Foreign: null, InFlight: 1 });
            engine.Chain.Mine();
        }

        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1, timePasses: true);
        Assert.Equal([1UL], (await engine.SignerAsync()).Transactions.Keys);
        engine.Chain.Mine(3);
        await engine.UntilAsync(payment, SettlementStatus.Confirmed);
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
        Assert.Equal(["settlement"], await engine.LedgerAsync(payment));
    }

    [Fact]
    public async Task A_foreign_transaction_whose_block_is_lost_before_it_is_deep_changes_nothing()
    {
        await using var engine = await Engine.StartAsync(confirmations: 3);
        var payment = engine.Pay();
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var ours = engine.Chain.Pool.Single();
        engine.Chain.TakeNonce(engine.Gas);
        engine.Chain.Mine();
        await KeepHouseAsync(engine);

        engine.Chain.Reorganize(2);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1, timePasses: true);
        Assert.Equal(ours, engine.Chain.Pool.Single());
        engine.Chain.Mine(3);

        await engine.UntilAsync(payment, SettlementStatus.Confirmed);
        Assert.Equal(ours.ToString(), (await engine.ReadAsync(payment))!.Transaction);
        Assert.Equal([0UL], (await engine.SignerAsync()).Transactions.Keys);
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
        Assert.Equal(["settlement"], await engine.LedgerAsync(payment));
    }

    [Fact]
    public async Task A_payment_whose_shallow_block_was_lost_while_the_node_was_away_is_sent_again()
    {
        await using var engine = await Engine.StartAsync(confirmations: 2);
        var payment = engine.Pay();
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var ours = engine.Chain.Pool.Single();
        engine.Chain.Mine();
        await engine.UntilAsync(() => engine.Desk.HeightOf(engine.Chain.Network) == 1);
        await engine.UntilAsync(() => engine.Desk.PenFor(engine.Chain.Network, engine.Gas.ToString()) is { Included: 1 });

        engine.Chain.IsAvailable = false;
        engine.Chain.Reorganize(1, dropped: true);
        await engine.UntilAsync(() => !engine.Desk.Health.Single().IsHealthy, timePasses: true);
        engine.Chain.IsAvailable = true;

        await engine.UntilAsync(() => engine.Chain.Pool.Contains(ours), timePasses: true);
        engine.Chain.Mine(2);
        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        Assert.Equal(["settlement"], await engine.LedgerAsync(payment));
    }

    [Fact]
    public async Task A_nonce_used_elsewhere_just_before_the_first_start_and_lost_with_its_block_holds_up_nothing()
    {
        await using var engine = await Engine.StartAsync(history: static (chain, key) => chain.TakeNonce(key));
        await engine.UntilAsync(async () => await engine.SignerAsync() is { NextNonce: 1 });
        engine.Chain.Reorganize(1);
        engine.Chain.Automine = true;

        var payment = engine.Pay();
        _ = engine.SettleAsync(payment);

        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        engine.Chain.Mine(Engine.FinalityDepth);
        await engine.UntilAsync(async () => await engine.SignerAsync() is { Foreign: null, Transactions.IsEmpty: true }, timePasses: true);
    }

    /// <summary>Lets everything that is late be looked at several times: what the pool lost is sent again every few rounds.</summary>
    private static async Task KeepHouseAsync(Engine engine)
    {
        await engine.UntilAsync(() => engine.Desk.HeightOf(engine.Chain.Network) == engine.Chain.Height);
        var submissions = engine.Chain.Submissions;
        await engine.UntilAsync(() => engine.Chain.Submissions > submissions + 3, timePasses: true);
    }

    /// <summary>The next blocks want more than a transaction signed before offers.</summary>
    private static void Raise(Engine engine)
    {
        engine.Chain.BaseFee = 10_000_000_000UL;
        engine.Chain.Fees = new FeeQuote(IsLegacy: false, 20_000_000_000UL, 1_000_000_000UL);
    }
}
