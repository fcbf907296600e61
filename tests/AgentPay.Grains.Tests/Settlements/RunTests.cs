using AgentPay.Domain.Settlements;
using AgentPay.Grains.Facilitator;
using AgentPay.Grains.Settlements;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Settlements;

/// <summary>Runs of a seller's handler that end before they answer, and those that follow them.</summary>
public sealed class RunTests
{
    private const string Resource = "GET /quote";

    [Theory]
    [InlineData(true, "invalid_exact_evm_insufficient_balance")]
    [InlineData(false, "invalid_exact_evm_payload_authorization_valid_before")]
    public async Task A_payment_whose_run_died_is_held_against_the_chain_and_the_clock_before_the_next(bool isEmptied, string code)
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        Assert.NotNull((await AdmitAsync(engine, payment)).Admission);
        await engine.KillAsync();
        if (isEmptied)
        {
            engine.Chain.Burn(payment.Transfer.Token, payment.Transfer.From);
        }
        else
        {
            engine.Clock.Advance(TimeSpan.FromMinutes(11));
        }

        Assert.Equal(code, (await AdmitAsync(engine, payment)).Refusal);
    }

    [Fact]
    public async Task A_payment_whose_run_died_runs_again_when_it_is_still_good()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        Assert.NotNull((await AdmitAsync(engine, payment)).Admission);
        await engine.KillAsync();

        Assert.True(await SettlesAsync(engine, (await AdmitAsync(engine, payment)).Admission!));
        Assert.Equal("payment_in_use", (await AdmitAsync(engine, payment)).Refusal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_admission_that_was_written_unheard_of_keeps_nobody_out(bool isLate)
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        if (isLate)
        {
            engine.Store.LandsLate = static commit => commit.Status == "admitted";
        }
        else
        {
            engine.Store.LandsUntold = static commit => commit.Status == "admitted";
        }

        await Assert.ThrowsAnyAsync<StoreUnavailableException>(() => AdmitAsync(engine, payment));
        engine.Store.Release();
        await engine.UntilAsync(payment, SettlementStatus.Admitted);

        Assert.True(await SettlesAsync(engine, (await AdmitAsync(engine, payment)).Admission!));
    }

    [Fact]
    public async Task A_run_that_goes_on_is_taken_over_by_nobody()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var first = (await AdmitAsync(engine, payment)).Admission!;
        Assert.Equal("payment_in_use", (await AdmitAsync(engine, payment)).Refusal);

        await first.ReleaseAsync();
        Assert.NotNull((await AdmitAsync(engine, payment)).Admission);
    }

    [Fact]
    public async Task A_payment_whose_run_was_too_long_is_held_against_the_chain_before_somebody_else_settles_it()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        Assert.NotNull((await AdmitAsync(engine, payment)).Admission);
        engine.Clock.Advance(TimeSpan.FromSeconds(payment.Requirements.MaxTimeoutSeconds) + TimeSpan.FromMinutes(2));
        engine.Chain.Burn(payment.Transfer.Token, payment.Transfer.From);

        var settling = engine.SettleAsync(payment, "mine");
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.Equal("invalid_exact_evm_insufficient_balance", (await engine.AnswerAsync(settling)).Response.ErrorReason);
        Assert.Equal(0UL, (await engine.SignerAsync()).NextNonce);
    }

    [Fact]
    public async Task A_run_that_another_process_took_for_dead_answers_nothing_and_ends_nothing_of_the_run_in_its_place()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var first = (await AdmitAsync(engine, payment)).Admission!;
        var settling = first.SettleAsync(Engine.Stop);
        await engine.UntilSentAsync(payment);

        var terms = (await engine.ReadAsync(payment))!.Terms;
        await engine.DecideElsewhereAsync(payment.Grain, new AdmitPayment(terms, new Admission("other", Resource, "elsewhere", engine.Clock.GetUtcNow().AddMinutes(5)), OthersAreGone: true));
        engine.Chain.Mine();
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);

        Assert.Equal("duplicate_settlement", (await engine.AnswerAsync(settling)).Response.ErrorReason);
        await (await engine.AnswerAsync(settling)).CloseAsync(delivered: false);
        await first.ReleaseAsync();
        Assert.Equal((1, false), await engine.ReadAsync(payment) is { Admission: { } held } ? (held.TakeOvers, held.ExpiresAt == DateTimeOffset.MinValue) : default);
    }

    [Fact]
    public async Task A_run_that_takes_over_is_not_kept_out_by_the_place_of_a_caller_that_died()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        await (await AdmitAsync(engine, payment)).Admission!.ReleaseAsync();
        var (terms, grain) = ((await engine.ReadAsync(payment))!.Terms, engine.Grains.GetGrain<ISettlementGrain>(payment.Id));
        var dead = new Admission("dead", Resource, "another process", engine.Clock.GetUtcNow().AddMinutes(5));
        Assert.Null((await grain.AdmitAsync(new AdmitPayment(terms, dead, OthersAreGone: false), Engine.Stop)).Refusal);
        Assert.Null((await grain.ReserveAsync(new ReserveSettlement(terms, dead.Key, engine.Gas.ToString()), "its caller", Engine.Stop)).Refusal);

        var settling = (await AdmitAsync(engine, payment)).Admission!.SettleAsync(Engine.Stop);
        await engine.UntilAsync(() => settling.IsCompleted || engine.Chain.Pool.Count == 1);
        engine.Chain.Mine();
        Assert.True((await engine.AnswerAsync(settling)).Response.Success, (await engine.AnswerAsync(settling)).Response.ErrorReason);
    }

    [Fact]
    public async Task A_run_that_takes_long_keeps_the_place_in_which_it_may_answer_still()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay(lifetime: TimeSpan.FromHours(1));
        var slow = await engine.AnswerAsync((await AdmitAsync(engine, payment)).Admission!.SettleAsync(Engine.Stop));
        Assert.True(slow.Response.Success);
        var held = (await engine.ReadAsync(payment))!.Admission!;
        engine.Clock.Advance(held.ExpiresAt - engine.Clock.GetUtcNow() + TimeSpan.FromSeconds(1));

        // Its time is up, and its buyer has not taken the first byte yet.
        var grain = engine.Grains.GetGrain<ISettlementGrain>(payment.Id);
        var terms = (await engine.ReadAsync(payment))!.Terms;
        Assert.Null((await grain.ReserveAsync(new ReserveSettlement(terms, held.Key, engine.Gas.ToString()), "slow", Engine.Stop)).Refusal);
        Assert.Equal("payment_in_use", (await AdmitAsync(engine, payment)).Refusal);

        // It never said that it answered.
        engine.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.NotNull((await AdmitAsync(engine, payment)).Admission);
    }

    [Fact]
    public async Task A_run_that_takes_long_is_answered_however_many_come_for_its_payment_meanwhile()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay(lifetime: TimeSpan.FromHours(1));
        var slow = (await AdmitAsync(engine, payment)).Admission!;
        engine.Clock.Advance((await engine.ReadAsync(payment))!.Admission!.ExpiresAt - engine.Clock.GetUtcNow() - TimeSpan.FromSeconds(1));
        var settling = slow.SettleAsync(Engine.Stop);
        await engine.UntilSentAsync(payment);
        engine.Clock.Advance(TimeSpan.FromSeconds(2));
        for (var copy = 0; copy <= Settlement.TakeOversMax; copy++)
        {
            Assert.Equal("payment_in_use", (await AdmitAsync(engine, payment)).Refusal);
        }

        engine.Chain.Mine();
        Assert.True((await engine.AnswerAsync(settling)).Response.Success, (await engine.AnswerAsync(settling)).Response.ErrorReason);
    }

    [Fact]
    public async Task Who_asks_again_and_again_for_what_is_long_pending_gets_it_once_it_is_paid()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 2);
        var payment = engine.Pay(lifetime: TimeSpan.FromHours(1));
        for (var run = 0; run <= Settlement.UnpaidTakeOversMax; run++)
        {
            var settling = (await AdmitAsync(engine, payment)).Admission!.SettleAsync(Engine.Stop);
            await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
            var answer = await engine.AnswerAsync(settling);
            Assert.Equal("settlement_pending", answer.Response.ErrorReason);
            await answer.CloseAsync(delivered: true);
        }

        Assert.Equal("settlement_pending", (await AdmitAsync(engine, payment)).Refusal);
        engine.Chain.Mine();
        await engine.UntilAsync(async () => (await engine.ReadAsync(payment))!.IsPaid, timePasses: true);
        Assert.True(await SettlesAsync(engine, (await AdmitAsync(engine, payment)).Admission!));
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task A_run_that_comes_after_another_had_its_place_and_left_pays_nothing_and_the_next_is_answered()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay(lifetime: TimeSpan.FromHours(1));
        var slow = (await AdmitAsync(engine, payment)).Admission!;
        engine.Clock.Advance((await engine.ReadAsync(payment))!.Admission!.ExpiresAt - engine.Clock.GetUtcNow() + TimeSpan.FromSeconds(1));
        await (await AdmitAsync(engine, payment)).Admission!.ReleaseAsync();

        var late = await engine.AnswerAsync(slow.SettleAsync(Engine.Stop));
        Assert.Equal("payment_in_use", late.Response.ErrorReason);
        await late.CloseAsync(delivered: false);
        Assert.Equal(0, engine.Chain.Submissions);

        Assert.True(await SettlesAsync(engine, (await AdmitAsync(engine, payment)).Admission!));
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task A_run_that_could_not_ask_for_its_time_keeps_nobody_from_what_was_paid()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay(lifetime: TimeSpan.FromHours(1));
        var slow = (await AdmitAsync(engine, payment)).Admission!;
        engine.Clock.Advance((await engine.ReadAsync(payment))!.Admission!.ExpiresAt - engine.Clock.GetUtcNow() - TimeSpan.FromSeconds(1));
        engine.Store.Fails = static commit => commit is { Status: "confirmed", Events.Count: 0 };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.AnswerAsync(slow.SettleAsync(Engine.Stop)));
        engine.Store.Fails = static _ => false;

        // Nor could it give its run up: the time of that has to end.
        engine.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await SettlesAsync(engine, (await AdmitAsync(engine, payment)).Admission!));
        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
    }

    [Fact]
    public async Task A_run_that_is_about_to_answer_when_its_time_is_nearly_up_is_taken_over_by_nobody_until_its_answer_can_have_left()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay(lifetime: TimeSpan.FromHours(1));
        var slow = (await AdmitAsync(engine, payment)).Admission!;
        engine.Clock.Advance((await engine.ReadAsync(payment))!.Admission!.ExpiresAt - engine.Clock.GetUtcNow() - TimeSpan.FromSeconds(1));
        Assert.True((await engine.AnswerAsync(slow.SettleAsync(Engine.Stop))).Response.Success);

        engine.Clock.Advance(IAdmittedPayment.AnswerMax - TimeSpan.FromSeconds(5));
        Assert.Equal("payment_in_use", (await AdmitAsync(engine, payment)).Refusal);

        // An engine that knows nothing of its place reads it in the row.
        var (row, elsewhere) = ((await engine.ReadAsync(payment))!, new Admission("other", Resource, "elsewhere", engine.Clock.GetUtcNow().AddMinutes(5)));
        Assert.Equal("payment_in_use", Settlement.Decide(row, new AdmitPayment(row.Terms, elsewhere, OthersAreGone: false), engine.Clock.GetUtcNow()).Refusal?.Code);

        // It never said that it answered: after a minute it is gone.
        engine.Clock.Advance(TimeSpan.FromSeconds(21));
        Assert.NotNull((await AdmitAsync(engine, payment)).Admission);
    }

    [Fact]
    public async Task A_run_whose_time_was_up_answers_nothing_once_another_was_admitted_in_its_place()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay(lifetime: TimeSpan.FromHours(1));
        var slow = (await AdmitAsync(engine, payment)).Admission!;
        var settling = slow.SettleAsync(Engine.Stop);
        await engine.UntilSentAsync(payment);
        var held = (await engine.ReadAsync(payment))!.Admission!;
        var grain = engine.Grains.GetGrain<ISettlementGrain>(payment.Id);
        Assert.True(await grain.HoldRunAsync(held, TimeSpan.FromSeconds(1)));
        Assert.False(await grain.HoldRunAsync(held with { TakeOvers = 1 }, TimeSpan.FromSeconds(1)));

        await grain.ReleaseAsync(new ReleasePayment(held.Key, held.TakeOvers));
        Assert.False(await grain.HoldRunAsync(held, TimeSpan.FromSeconds(1)));
        Assert.NotNull((await AdmitAsync(engine, payment)).Admission);
        engine.Chain.Mine();
        Assert.Equal("duplicate_settlement", (await engine.AnswerAsync(settling)).Response.ErrorReason);
    }

    [Fact]
    public async Task Who_lost_its_place_to_what_another_process_wrote_keeps_nobody_out()
    {
        await using var engine = await Engine.StartAsync();
        var (payment, other) = (engine.Pay(), engine.Pay());
        Assert.NotNull((await AdmitAsync(engine, other)).Admission);
        var terms = (await engine.ReadAsync(other))!.Terms with { Payer = payment.Payload.Payer!.ToLowerInvariant(), Nonce = payment.Transfer.Nonce.ToString() };
        Assert.Equal(payment.Id, SettlementId.Of(terms));
        var grain = engine.Grains.GetGrain<ISettlementGrain>(payment.Id);
        Assert.Null(await grain.GetAsync(Engine.Stop));

        // What the grain remembers is older than what the row says.
        var reserve = new ReserveSettlement(terms, null, engine.Gas.ToString());
        await engine.DecideElsewhereAsync(payment.Grain, reserve, new FailSettlement("reverted"));
        Assert.Equal("payment_ended", (await grain.ReserveAsync(reserve with { WasUnderWay = true }, "first", Engine.Stop)).Refusal?.Code);
        Assert.Null((await grain.ReserveAsync(reserve, "second", Engine.Stop)).Refusal);
    }

    [Fact]
    public async Task A_caller_that_shows_no_sign_for_a_minute_keeps_nobody_from_what_was_paid()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilSentAsync(payment);
        engine.Chain.Mine();
        await (await engine.AnswerAsync(settling)).CloseAsync(delivered: false);

        // Its place is given to a caller of another process.
        var grain = engine.Grains.GetGrain<ISettlementGrain>(payment.Id);
        var settlement = (await engine.ReadAsync(payment))!;
        Assert.Null((await grain.ReserveAsync(new ReserveSettlement(settlement.Terms, null, settlement.Signer!), "elsewhere", Engine.Stop)).Refusal);
        engine.Clock.Advance(TimeSpan.FromSeconds(40));
        await grain.WaitAsync(TimeSpan.FromSeconds(1), "elsewhere", cancellationToken: Engine.Stop);
        engine.Clock.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal("duplicate_settlement", (await engine.AnswerAsync(payment)).Response.ErrorReason);

        engine.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.True((await engine.AnswerAsync(payment)).Response.Success);
    }

    /// <summary>What messages were left is read again meanwhile, by the test's clock.</summary>
    private static async Task<bool> SettlesAsync(Engine engine, IAdmittedPayment run)
    {
        var settling = run.SettleAsync(Engine.Stop);
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        return (await engine.AnswerAsync(settling)).Response.Success;
    }

    private static Task<AdmissionAnswer> AdmitAsync(Engine engine, Payment payment) =>
        engine.Facilitator.AdmitAsync(payment.Payload, payment.Requirements, Resource, Engine.Stop);
}
