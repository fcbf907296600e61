using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Tests.Settlements;

/// <summary>The state table on a chain: where each thing that can happen leads.</summary>
public sealed class SettleTests
{
    [Fact]
    public async Task A_payment_is_settled_confirmed_and_in_the_end_final()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();

        var answer = await engine.AnswerAsync(payment);

        Assert.True(answer.Response.Success, answer.Response.ErrorReason);
        Assert.Equal((await engine.ReadAsync(payment))!.Transaction, answer.Response.Transaction);
        await answer.CloseAsync(delivered: true);
        engine.Chain.Mine(Engine.FinalityDepth);
        await engine.UntilAsync(payment, SettlementStatus.Final);
        Assert.Equal(["settlement.reserved", "settlement.submitted", "settlement.confirmed", "settlement.final"], await engine.EventsAsync(payment));
        await engine.AssertLedgerShowsTheChainAsync();
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task An_amount_is_moved_and_posted_to_the_last_atom()
    {
        const ulong Price = (1UL << 53) + 1;
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay(balance: Price, price: Price);

        Assert.True((await engine.AnswerAsync(payment)).Response.Success);

        Assert.Equal((UInt128)Price, (await engine.ReadAsync(payment))!.Terms.Atoms);
        Assert.Equal(Price, engine.PaidTo(Engine.Merchant));
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task Another_spelling_of_a_settled_payment_is_the_same_payment()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        var settled = await engine.AnswerAsync(payment);
        var sent = payment.Payload.Authorization!;

        var again = await engine.Facilitator.SettleAsync(
            payment.Payload with { Authorization = sent with { Nonce = Capitals(sent.Nonce), From = Capitals(sent.From), Signature = Capitals(sent.Signature) } },
            payment.Requirements, null, Engine.Stop);

        Assert.Equal(("duplicate_settlement", settled.Response.Transaction), (again.Response.ErrorReason, again.Response.Transaction));
        Assert.Equal(1, engine.Chain.Submissions);
    }

    [Fact]
    public async Task A_wait_that_runs_out_is_pending_with_the_hash_and_the_engine_settles_it_by_itself()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 5);
        var payment = engine.Pay();

        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        var answer = await engine.AnswerAsync(settling);

        Assert.Equal("settlement_pending", answer.Response.ErrorReason);
        Assert.Equal(engine.Chain.Pool.Single().ToString(), answer.Response.Transaction);
        await answer.CloseAsync(delivered: true);
        engine.Chain.Mine();
        await engine.UntilAsync(payment, SettlementStatus.Confirmed);
        Assert.True((await engine.AnswerAsync(payment)).Response.Success);
    }

    [Fact]
    public async Task A_reverted_transaction_with_the_authorization_unused_is_a_failure_and_may_be_tried_again()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Usdc.IsPaused = true;
        engine.Chain.Mine();

        Assert.Equal("invalid_exact_evm_transaction_failed", (await engine.AnswerAsync(settling)).Response.ErrorReason);
        Assert.Empty(await engine.LedgerAsync(payment));

        engine.Usdc.IsPaused = false;
        engine.Chain.Automine = true;
        Assert.True((await engine.AnswerAsync(payment)).Response.Success);
        Assert.Equal(2, (await engine.ReadAsync(payment))!.Attempt);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task An_authorization_somebody_else_submitted_first_is_paid_by_the_other_transaction()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var ours = engine.Chain.Pool.Single().ToString();
        engine.Chain.FrontRun(payment.Transfer);

        var answer = await engine.AnswerAsync(settling);

        Assert.True(answer.Response.Success, answer.Response.ErrorReason);
        Assert.NotEqual(ours, answer.Response.Transaction);
        Assert.Equal(["settlement"], await engine.LedgerAsync(payment));
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task What_somebody_else_submitted_first_becomes_final_by_depth()
    {
        await using var engine = await Engine.StartAsync();
        var payment = await FrontRunAsync(engine);

        engine.Chain.Mine((int)engine.Chain.FinalizedDepth);

        await engine.UntilAsync(payment, SettlementStatus.Final, timePasses: true);
        Assert.Equal(["settlement"], await engine.LedgerAsync(payment));
    }

    [Fact]
    public async Task What_somebody_else_submitted_first_and_a_reorganization_took_back_is_settled_again_and_paid_once()
    {
        await using var engine = await Engine.StartAsync();
        var payment = await FrontRunAsync(engine);

        // The other's block and ours are lost; the other's transaction never comes back.
        engine.Chain.Reorganize(1, dropped: true);
        Assert.Equal(0UL, engine.PaidTo(Engine.Merchant));
        engine.Chain.Automine = true;

        await engine.UntilAsync(async () => (await engine.EventsAsync(payment)).Contains("settlement.reorged"), timePasses: true);
        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        Assert.Equal(["settlement", "settlement_reversed", "settlement"], await engine.LedgerAsync(payment));
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task A_cancelled_authorization_fails()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.CancelAuthorization(engine.Usdc.Address, payment.Transfer.From, payment.Transfer.Nonce);

        Assert.Equal("invalid_transaction_state", (await engine.AnswerAsync(settling)).Response.ErrorReason);
        Assert.Equal(SettlementStatus.Failed, await engine.StatusAsync(payment));
    }

    [Fact]
    public async Task A_transaction_mined_without_the_transfer_is_a_failure_of_its_own()
    {
        await using var engine = await Engine.StartAsync();
        engine.Usdc.HidesTransfers = engine.Chain.Automine = true;
        var payment = engine.Pay();

        Assert.Equal("invalid_exact_evm_transfer_event_mismatch", (await engine.AnswerAsync(payment)).Response.ErrorReason);
        Assert.Empty(await engine.LedgerAsync(payment));
    }

    [Fact]
    public async Task A_dropped_transaction_is_sent_again_with_the_same_bytes()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var hash = engine.Chain.Pool.Single();
        engine.Chain.Drop(hash);

        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1, timePasses: true);
        Assert.Equal(hash, engine.Chain.Pool.Single());
        engine.Chain.Mine();
        Assert.Equal(hash.ToString(), (await engine.AnswerAsync(settling)).Response.Transaction);
    }

    [Fact]
    public async Task A_taken_nonce_leads_to_a_new_transaction_and_one_payment()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var first = engine.Chain.Pool.Single();
        engine.Chain.Drop(first);
        engine.Chain.TakeNonce(engine.Gas);

        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1, timePasses: true);
        Assert.NotEqual(first, engine.Chain.Pool.Single());
        engine.Chain.Mine();

        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
        Assert.Equal(["settlement"], await engine.LedgerAsync(payment));
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task A_submission_whose_answer_got_lost_is_repeated_with_the_same_bytes_and_paid_once()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.LostAnswers = 1;
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.Mine();

        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
        Assert.Equal(1UL, (await engine.SignerAsync()).NextNonce);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task A_reorganization_takes_the_payment_back_and_the_next_block_pays_it_again()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        Assert.True((await engine.AnswerAsync(payment)).Response.Success);
        engine.Chain.Automine = false;

        engine.Chain.Reorganize(1);
        await engine.UntilAsync(payment, SettlementStatus.Submitted);
        Assert.Equal(["settlement", "settlement_reversed"], await engine.LedgerAsync(payment));
        engine.Chain.Mine();
        await engine.UntilAsync(payment, SettlementStatus.Confirmed);

        Assert.Equal(["settlement", "settlement_reversed", "settlement"], await engine.LedgerAsync(payment));
        Assert.Equal(
            ["settlement.reserved", "settlement.submitted", "settlement.confirmed", "settlement.reorged", "settlement.confirmed"], await engine.EventsAsync(payment));
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task A_reorganization_that_drops_the_transaction_brings_the_same_bytes_again()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        var hash = (await engine.AnswerAsync(payment)).Response.Transaction;
        engine.Chain.Automine = false;

        engine.Chain.Reorganize(1, dropped: true);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1, timePasses: true);

        Assert.Equal(hash, engine.Chain.Pool.Single().ToString());
    }

    [Fact]
    public async Task Two_confirmations_are_one_block_more_than_one()
    {
        await using var engine = await Engine.StartAsync(confirmations: 2);
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.PaidTo(Engine.Merchant) == Engine.Price);
        Assert.False(settling.IsCompleted);

        engine.Chain.Mine();
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
    }

    [Fact]
    public async Task An_authorization_that_ended_while_the_node_was_down_is_unknown_and_fails_only_by_a_finalized_block_after_its_end()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        var payment = engine.Pay(TimeSpan.FromSeconds(60));
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.Drop(engine.Chain.Pool.Single());
        engine.Chain.IsAvailable = false;
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.Equal("settlement_pending", (await engine.AnswerAsync(settling)).Response.ErrorReason);
        engine.Clock.Advance(TimeSpan.FromSeconds(90));
        await engine.UntilAsync(payment, SettlementStatus.Unknown, timePasses: true);

        // The node is back and the end is behind its head, but not behind a finalized block: it looks, and says nothing.
        engine.Chain.IsAvailable = true;
        engine.Chain.Mine();
        var asked = engine.Chain.Traces;
        // It looks again: what the first look came to is known by then.
        await engine.UntilAsync(() => engine.Chain.Traces > asked + 2, timePasses: true);
        Assert.Equal(SettlementStatus.Unknown, await engine.StatusAsync(payment));

        foreach (var waiting in engine.Chain.Pool)
        {
            engine.Chain.Drop(waiting);
        }

        engine.Chain.Automine = false;
        engine.Chain.Mine((int)engine.Chain.FinalizedDepth + 1);
        await engine.UntilAsync(payment, SettlementStatus.Failed, timePasses: true);
        Assert.Empty(await engine.LedgerAsync(payment));
    }

    [Fact]
    public async Task What_may_never_have_reached_the_node_is_sent_again_within_five_seconds()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.LostRequests = 1;
        var settling = engine.SettleAsync(engine.Pay());
        await engine.UntilAsync(() => engine.Chain.Submissions == 1);
        var lostAt = engine.Clock.GetUtcNow();

        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1, timePasses: true);

        Assert.InRange(engine.Clock.GetUtcNow() - lostAt, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        engine.Chain.Mine();
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
    }

    [Fact]
    public async Task A_node_that_is_down_is_never_a_verdict()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        engine.Chain.IsAvailable = false;

        await Assert.ThrowsAsync<AgentPay.Chains.Evm.ChainUnavailableException>(() => engine.AnswerAsync(payment));
        await Assert.ThrowsAsync<AgentPay.Chains.Evm.ChainUnavailableException>(
            () => engine.Facilitator.VerifyAsync(payment.Payload, payment.Requirements, Engine.Stop));
        Assert.Null(await engine.ReadAsync(payment));
    }

    private static async Task<Payment> FrontRunAsync(Engine engine)
    {
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.FrontRun(payment.Transfer);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
        return payment;
    }

    private static string Capitals(string hexadecimal) => "0x" + hexadecimal[2..].ToUpperInvariant();
}
