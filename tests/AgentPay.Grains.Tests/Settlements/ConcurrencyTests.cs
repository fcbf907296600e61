using AgentPay.Domain.Settlements;
using AgentPay.Grains.Messages;
using AgentPay.Grains.Settlements;
using AgentPay.Storage.Contract;
using AgentPay.Testing;

namespace AgentPay.Grains.Tests.Settlements;

/// <summary>Many callers at once: one transaction a payment, one grant a payment.</summary>
public sealed class ConcurrencyTests
{
    [Fact]
    public async Task Two_hundred_settles_with_one_key_get_200_equal_answers_and_one_transaction()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();

        var answers = await engine.AnswersAsync(Enumerable.Range(0, 200).Select(_ => engine.SettleAsync(payment, "one key")));

        Assert.True(answers[0].Response.Success, answers[0].Response.ErrorReason);
        Assert.Single(answers.Select(answer => answer.Response).Distinct());
        Assert.Equal(1UL, (await engine.SignerAsync()).NextNonce);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task Two_hundred_settles_without_a_key_get_one_success_and_199_duplicates_with_its_hash()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();

        var answers = await engine.AnswersAsync(Enumerable.Range(0, 200).Select(_ => engine.SettleAsync(payment)));

        var success = Assert.Single(answers, answer => answer.Response.Success);
        var others = answers.Where(answer => answer != success).Select(answer => (answer.Response.ErrorReason, answer.Response.Transaction));
        Assert.Equal([("duplicate_settlement", success.Response.Transaction)], others.Distinct());
        Assert.Equal(1UL, (await engine.SignerAsync()).NextNonce);
    }

    [Fact]
    public async Task A_success_that_could_not_be_delivered_is_given_once_more_and_a_delivered_one_is_not()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();

        await (await engine.AnswerAsync(payment)).CloseAsync(delivered: false);
        var second = await engine.AnswerAsync(payment);
        Assert.True(second.Response.Success);
        await second.CloseAsync(delivered: true);
        Assert.Equal("duplicate_settlement", (await engine.AnswerAsync(payment)).Response.ErrorReason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_comes_while_a_payment_fails_is_held_against_the_chain_before_it_is_tried_anew(bool isRun)
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var first = engine.SettleAsync(payment, "one");
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);

        // The payer took the money away, and the second caller looks while the failure is being written.
        engine.Store.HoldBefore = commit => commit.Status == "failed";
        engine.Chain.Burn(payment.Transfer.Token, payment.Transfer.From);
        engine.Chain.Mine();
        await engine.UntilAsync(() => !engine.Store.Held.IsEmpty, timePasses: true);
        var second = AskAsync();
        await engine.UntilAsync(() => engine.Turns.Of(isRun ? "AdmitAsync" : "ReserveAsync") == (isRun ? 1 : 2) || second.IsCompleted);
        engine.Store.Release();

        await engine.UntilAsync(() => first.IsCompleted && second.IsCompleted, timePasses: true);
        Assert.Equal("invalid_exact_evm_insufficient_balance", await second);
        Assert.Equal(1UL, (await engine.SignerAsync()).NextNonce);

        async Task<string?> AskAsync() => isRun
            ? (await engine.Facilitator.AdmitAsync(payment.Payload, payment.Requirements, "GET /quote", Engine.Stop)).Refusal
            : (await engine.AnswerAsync(payment, "another")).Response.ErrorReason;
    }

    [Theory]
    [InlineData(null, "another")]
    [InlineData(null, null)]
    [InlineData("one", null)]
    [InlineData("one", "another")]
    public async Task Whose_settlement_failed_is_not_told_the_success_of_who_reserved_it_anew(string? key, string? newKey)
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var first = engine.SettleAsync(payment, key);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);

        // It fails, and before the first caller hears of it another one reserves it. No time passes, or the first would look by itself and be told of the failure.
        engine.Store.HoldAfter = commit => commit.Status == "failed";
        engine.Chain.RevertsAll = true;
        engine.Chain.Mine();
        await engine.UntilAsync(payment, SettlementStatus.Failed);
        (engine.Chain.RevertsAll, engine.Chain.Automine) = (false, true);
        var second = engine.SettleAsync(payment, newKey);
        await engine.UntilAsync(payment, SettlementStatus.Reserved);
        engine.Store.Release();
        await engine.UntilAsync(() => first.IsCompleted && second.IsCompleted, timePasses: true);

        Assert.True((await second).Response.Success, (await second).Response.ErrorReason);
        Assert.False((await first).Response.Success);
        if (!ChosenStore.IsPostgres)
        {
            Assert.Equal("duplicate_settlement", (await first).Response.ErrorReason);
        }
        else
        {
            // Where others may write, a grain reads again what it may have missed, in real time: the first may be told of its failure, which is as true.
            Assert.True((await first).Response.ErrorReason is "duplicate_settlement" or "invalid_exact_evm_transaction_failed", (await first).Response.ErrorReason);
        }

        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task Sixty_four_payments_at_once_all_settle_without_a_nonce_gap()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payments = Enumerable.Range(0, 64).Select(_ => engine.Pay()).ToArray();

        var answers = await engine.AnswersAsync(payments.Select(payment => engine.SettleAsync(payment)));

        Assert.All(answers, answer => Assert.True(answer.Response.Success, answer.Response.ErrorReason));
        Assert.Equal(64, answers.Select(answer => answer.Response.Transaction).Distinct().Count());
        Assert.Equal(64UL, (await engine.SignerAsync()).NextNonce);
        Assert.Equal(64 * Engine.Price, engine.PaidTo(Engine.Merchant));
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task Of_200_admissions_of_one_payment_one_runs_the_handler()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();

        var answers = await engine.AnswersAsync(Enumerable.Range(0, 200)
            .Select(_ => engine.Facilitator.AdmitAsync(payment.Payload, payment.Requirements, "GET /quote", Engine.Stop)));

        var admitted = Assert.Single(answers, answer => answer.Admission is not null);
        Assert.Equal(["payment_in_use"], answers.Where(answer => answer != admitted).Select(answer => answer.Refusal).Distinct());
        Assert.True((await engine.AnswerAsync(admitted.Admission!.SettleAsync(Engine.Stop))).Response.Success);
    }

    [Fact]
    public async Task A_run_taken_over_by_the_next_process_is_settled_once_and_marked_answered()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        Assert.NotNull((await engine.Facilitator.AdmitAsync(payment.Payload, payment.Requirements, "GET /quote", Engine.Stop)).Admission);

        await engine.KillAsync();
        var second = await engine.Facilitator.AdmitAsync(payment.Payload, payment.Requirements, "GET /quote", Engine.Stop);
        var answer = await engine.AnswerAsync(second.Admission!.SettleAsync(Engine.Stop));
        await answer.CloseAsync(delivered: true);

        Assert.True(answer.Response.Success);
        Assert.True((await engine.ReadAsync(payment))!.Answered);
        Assert.Equal("payment_in_use", (await engine.Facilitator.AdmitAsync(payment.Payload, payment.Requirements, "GET /quote", Engine.Stop)).Refusal);
    }

    [Fact]
    public async Task A_message_delivered_again_is_consumed_once()
    {
        await using var engine = await Engine.StartAsync();
        engine.Store.HoldBefore = commit => commit.Grain.Type == "signer" && commit.Consumes is not null;
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);

        // On SQLite it is delivered before its own commit is durable.
        await engine.UntilAsync(async () => !engine.Store.Held.IsEmpty && (await engine.Store.ReadWaitingMessagesAsync(DateTimeOffset.MaxValue, 10, Engine.Stop)).Count == 1);
        var stolen = Assert.Single(await engine.Store.ReadWaitingMessagesAsync(DateTimeOffset.MaxValue, 10, Engine.Stop));
        var signer = engine.Grains.GetGrain<IFactReceiver>(GrainId.Create(stolen.Target.Type, stolen.Target.Key));
        var envelope = new FactEnvelope(AgentPay.Grains.Journal.MessageForms.Read(stolen.Body.Span), stolen.Id.Source, stolen.Id.Version, stolen.Id.Index);
        var again = signer.ReceiveAsync(envelope);
        await engine.UntilAsync(() => engine.Store.Held.Count == 2);

        engine.Store.Release();

        Assert.False(await again);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        Assert.Equal(1UL, (await engine.SignerAsync()).NextNonce);
        engine.Chain.Mine();
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
    }

    [Fact]
    public async Task A_deadline_told_twice_doubts_once()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var grain = engine.Grains.GetGrain<AgentPay.Grains.Deadlines.IDueReceiver>(GrainId.Create(payment.Grain.Type, payment.Grain.Key));

        await Task.WhenAll(grain.DueAsync(Settlement.ResolveDue, default), grain.DueAsync(Settlement.ResolveDue, default));

        Assert.Single(await engine.EventsAsync(payment), type => type == "settlement.unknown");
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.Equal("settlement_pending", (await engine.AnswerAsync(settling)).Response.ErrorReason);
    }

    [Fact]
    public async Task A_store_that_is_down_acknowledges_nothing_and_the_payment_settles_once_it_is_back()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        engine.Store.IsDown = true;

        var grain = engine.Grains.GetGrain<ISettlementGrain>(payment.Id);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.AnswerAsync(payment));
        await Assert.ThrowsAnyAsync<Exception>(() => grain.GetAsync(Engine.Stop));
        Assert.Equal(0, engine.Chain.Submissions);

        engine.Store.IsDown = false;
        Assert.Null(await engine.ReadAsync(payment));

        // Whoever asked the store while it was down asks again after a while.
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task A_store_that_fails_behind_a_mined_transaction_loses_no_word_of_it()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Store.IsDown = true;
        engine.Chain.Mine();
        await engine.UntilAsync(() => !engine.Desk.Health[0].IsHealthy);
        engine.Store.IsDown = false;

        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        _ = await Record.ExceptionAsync(() => settling);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task A_word_that_could_not_be_delivered_is_not_overtaken_by_the_next_one()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        var failures = 0;
        engine.Store.Fails = commit => commit.Status == "confirmed" && ++failures > 0;
        engine.Chain.Mine();
        await engine.UntilAsync(() => failures > 0);
        engine.Chain.Reorganize(1);
        await engine.UntilAsync(async () => (await engine.SignerAsync()).InFlight == 1);

        engine.Store.Fails = _ => false;
        await engine.UntilAsync(async () => (await engine.Store.ReadWaitingMessagesAsync(DateTimeOffset.MaxValue, 1, Engine.Stop)).Count == 0, timePasses: true);

        Assert.Equal(["settlement", "settlement_reversed"], await engine.LedgerAsync(payment));
        Assert.Equal(SettlementStatus.Submitted, await engine.StatusAsync(payment));
        await engine.AssertLedgerShowsTheChainAsync();
    }
}
