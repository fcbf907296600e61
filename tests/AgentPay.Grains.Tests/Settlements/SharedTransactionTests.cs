using AgentPay.Domain.Settlements;
using AgentPay.Grains.Chains;
using AgentPay.Grains.Facilitator;

namespace AgentPay.Grains.Tests.Settlements;

/// <summary>Many payments in one transaction: each has its own outcome, whatever becomes of its neighbours.</summary>
public sealed class SharedTransactionTests
{
    [Fact]
    public async Task Payments_that_come_together_go_together_and_the_first_goes_at_once()
    {
        await using var engine = await Engine.StartAsync(canShare: true);
        var payments = Pay(engine, 20);
        var settling = await SettleTogetherAsync(engine, payments);
        engine.Chain.Mine();

        var answers = await engine.AnswersAsync(settling);
        Assert.All(answers, answer => Assert.True(answer.Response.Success, answer.Response.ErrorReason));
        var hashes = answers.Select(answer => answer.Response.Transaction).GroupBy(hash => hash).Select(group => group.Count()).Order();
        Assert.Equal([1, 19], hashes);
        Assert.Equal(20 * Engine.Price, engine.PaidTo(Engine.Merchant));
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Theory]
    [InlineData(899_999, 5)]
    [InlineData(900_000, 6)]
    public async Task A_shared_transaction_wants_three_fifths_of_a_block_at_most(ulong blockGas, int together)
    {
        await using var engine = await Engine.StartAsync(canShare: true);
        engine.Chain.BlockGasLimit = blockGas;
        engine.Chain.Mine();
        await engine.UntilAsync(() => engine.Desk.HeightOf(engine.Chain.Network) == 1);
        _ = engine.SettleAsync(engine.Pay());
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);

        foreach (var payment in Pay(engine, 7))
        {
            _ = engine.SettleAsync(payment);
        }

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.Count == 7);
        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty, timePasses: true);
        var sizes = (await engine.SignerAsync()).Transactions.Values.Select(transaction => transaction.Settlements.Length);
        Assert.Equal([1, together, 7 - together], sizes);
    }

    [Fact]
    public async Task A_payer_that_got_code_after_its_payment_was_verified_leaves_its_company_and_goes_alone()
    {
        await using var engine = await Engine.StartAsync(canShare: true);
        var payments = Pay(engine, 6);
        foreach (var payment in payments)
        {
            _ = engine.SettleAsync(payment);
        }

        await engine.UntilAsync(async () => (await engine.SignerAsync()) is { InFlight: 1, Waiting.Count: 5 });
        var delegated = (await engine.SignerAsync()).Waiting.Values.ElementAt(2);
        engine.Chain.Delegate(AgentPay.Chains.Evm.Address.Parse(delegated.Terms.Payer));
        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty, timePasses: true);

        var transactions = (await engine.SignerAsync()).Transactions.Values;
        Assert.Equal([1, 1, 4], transactions.Select(transaction => transaction.Settlements.Length).Order());
        Assert.DoesNotContain(transactions, transaction => transaction.Settlements.Length > 1 && transaction.Settlements.Any(work => work.Settlement == delegated.Settlement));
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 3);
        engine.Chain.Mine();
        Assert.Equal(6 * Engine.Price, engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task A_payer_that_got_code_while_its_transaction_was_stuck_is_left_out_of_the_new_form_and_paid_alone_after_it()
    {
        await using var engine = await Engine.StartAsync(canShare: true);
        var payments = Pay(engine, 5);
        await SettleTogetherAsync(engine, payments);
        var shared = (await engine.SignerAsync()).Transactions[1];
        var delegated = shared.Settlements[1];
        engine.Chain.Delegate(AgentPay.Chains.Evm.Address.Parse(delegated.Terms.Payer));
        engine.Chain.BaseFee = 10_000_000_000UL;
        engine.Chain.Fees = new(IsLegacy: false, 20_000_000_000UL, 1_000_000_000UL);

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Transactions[1].Forms.Length > 1, timePasses: true);
        var rewritten = (await engine.SignerAsync()).Transactions[1];
        await engine.UntilAsync(() => engine.Chain.Pool.Any(hash => hash.ToString() == rewritten.Newest.Hash), timePasses: true);
        Assert.Equal(3, rewritten.Carried().Length);
        Assert.DoesNotContain(rewritten.Carried(), work => work.Settlement == delegated.Settlement);
        await engine.KillAsync(timePasses: true);
        engine.Chain.Automine = true;
        engine.Chain.Mine();

        foreach (var payment in payments)
        {
            await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        }

        Assert.Equal([delegated.Settlement], (await engine.SignerAsync()).Transactions[2].Settlements.Select(work => work.Settlement));
        Assert.Equal(5 * Engine.Price, engine.PaidTo(Engine.Merchant));
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task One_that_cannot_pay_fails_and_its_neighbours_are_paid()
    {
        await using var engine = await Engine.StartAsync(canShare: true);
        var payments = Pay(engine, 5);
        var broke = payments[3];
        var settling = await SettleTogetherAsync(engine, payments);
        engine.Chain.Burn(engine.Usdc.Address, broke.Transfer.From);
        engine.Chain.Mine();

        foreach (var i in new[] { 0, 1, 2, 4 })
        {
            Assert.True((await engine.AnswerAsync(settling[i])).Response.Success);
        }

        Assert.Equal("invalid_exact_evm_transaction_failed", (await engine.AnswerAsync(settling[3])).Response.ErrorReason);
        Assert.Equal(4 * Engine.Price, engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task A_shared_transaction_that_ran_out_of_gas_is_tried_again_in_parts_until_each_is_paid()
    {
        await using var engine = await Engine.StartAsync(canShare: true);
        var settling = await SettleTogetherAsync(engine, Pay(engine, 9));
        engine.Chain.RevertsAll = true;
        engine.Chain.Mine();
        engine.Chain.RevertsAll = false;
        engine.Chain.Automine = true;

        // The one that was alone has failed for good; eight go on.
        await engine.UntilAsync(() => settling.All(answer => answer.IsCompleted), timePasses: true);
        var answers = await engine.AnswersAsync(settling);
        Assert.Equal(8, answers.Count(answer => answer.Response.Success));
        Assert.Equal(8 * Engine.Price, engine.PaidTo(Engine.Merchant));
        Assert.Equal([1, 1, 3, 4], answers.GroupBy(answer => answer.Response.Transaction).Select(group => group.Count()).Order());
    }

    [Fact]
    public async Task A_lost_block_takes_all_its_payments_back_and_the_next_one_pays_each_again_once()
    {
        await using var engine = await Engine.StartAsync(canShare: true);
        var payments = Pay(engine, 6);
        var settling = await SettleTogetherAsync(engine, payments);
        engine.Chain.Mine();
        await engine.AnswersAsync(settling);

        engine.Chain.Reorganize(1);
        foreach (var payment in payments)
        {
            await engine.UntilAsync(payment, SettlementStatus.Submitted, timePasses: true);
        }

        engine.Chain.Mine();
        foreach (var payment in payments)
        {
            await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
            Assert.Equal(["settlement", "settlement_reversed", "settlement"], await engine.LedgerAsync(payment));
        }

        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task A_killed_engine_finds_each_payment_of_a_shared_transaction_again()
    {
        await using var engine = await Engine.StartAsync(canShare: true);
        var payments = Pay(engine, 6);
        _ = await SettleTogetherAsync(engine, payments);
        var sent = engine.Chain.Pool;

        await engine.KillAsync();
        engine.Chain.Mine();

        foreach (var payment in payments)
        {
            await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        }

        Assert.Equal(2, sent.Count);
        Assert.Equal(6 * Engine.Price, engine.PaidTo(Engine.Merchant));
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task Payments_that_wait_for_company_when_the_engine_is_killed_are_sent_by_the_next()
    {
        await using var engine = await Engine.StartAsync(canShare: true);
        var payments = Pay(engine, 6);
        _ = payments.Select(payment => engine.SettleAsync(payment)).ToArray();
        await engine.UntilAsync(async () => (await engine.SignerAsync()) is { InFlight: 1, Waiting.Count: 5 });

        await engine.KillAsync();
        engine.Chain.Automine = true;
        engine.Chain.Mine();

        foreach (var payment in payments)
        {
            await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        }
    }

    [Fact]
    public async Task A_block_that_is_not_deep_enough_yet_makes_nobody_wait_for_company()
    {
        await using var engine = await Engine.StartAsync(confirmations: 3, canShare: true);
        var first = engine.SettleAsync(engine.Pay());
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.Mine();
        await engine.UntilAsync(() => engine.Desk.PenOf(engine)?.Included == 1);

        var second = engine.SettleAsync(engine.Pay());
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);

        engine.Chain.Mine(3);
        Assert.True((await first).Response.Success && (await second).Response.Success);
    }

    [Fact]
    public async Task Above_the_days_gas_payments_wait_visibly_and_go_on_the_next_day()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1, sending: new SendingSettings { GasPerDayMax = 200_000 });
        engine.Chain.Automine = true;
        engine.Clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMinutes(1));
        Assert.True((await engine.AnswerAsync(engine.Pay())).Response.Success);

        var second = engine.Pay();
        var settling = engine.SettleAsync(second);
        await engine.UntilAsync(() => engine.Desk.Health.Single().Code == "gas_ceiling");
        Assert.Contains("GasPerDayMax", engine.Desk.Health.Single().Message, StringComparison.Ordinal);
        Assert.Empty(engine.Chain.Pool);
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.Equal("settlement_pending", (await engine.AnswerAsync(settling)).Response.ErrorReason);

        engine.Clock.Advance(TimeSpan.FromMinutes(1));
        await engine.UntilAsync(second, SettlementStatus.Confirmed, timePasses: true);
        await engine.UntilAsync(() => engine.Desk.Health.Single().IsHealthy, timePasses: true);
    }

    private static Payment[] Pay(Engine engine, int count) => [.. Enumerable.Range(0, count).Select(_ => engine.Pay())];

    /// <summary>The first alone and the others together in the pool.</summary>
    private static async Task<Task<SettleAnswer>[]> SettleTogetherAsync(Engine engine, Payment[] payments)
    {
        Task<SettleAnswer>[] settling = [.. payments.Select(payment => engine.SettleAsync(payment))];
        await engine.UntilAsync(async () => (await engine.SignerAsync()) is { InFlight: 1 } signer && signer.Waiting.Count == payments.Length - 1);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 2, timePasses: true);
        return settling;
    }
}

file static class Desks
{
    public static Domain.Signers.TransactionPen? PenOf(this ChainDesk desk, Engine engine) => desk.PenFor(engine.Chain.Network, engine.Gas.ToString());
}
