using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Facilitator;
using AgentPay.Grains.Settlements;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentPay.Grains.Tests.Facilitator;

/// <summary>What one payer may make the engine send: no more than it can pay for, and no more than it may still fail.</summary>
public sealed class PayerBudgetTests
{
    private const int Payer = 77;
    private const string Insufficient = "invalid_exact_evm_insufficient_balance";

    [Fact]
    public async Task Payments_that_promise_more_than_the_payer_holds_are_refused_before_they_cost_gas()
    {
        await using var engine = await Engine.StartAsync();
        var payments = Enumerable.Range(0, 20).Select(i => engine.PayAs(Payer, balance: i < 3 ? Engine.Price : 0)).ToArray();

        var settling = payments.Select(payment => engine.SettleAsync(payment)).ToArray();
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 3 && settling.Count(task => task.IsCompleted) == 17);
        engine.Chain.Mine();

        var answers = await engine.AnswersAsync(settling);
        Assert.Equal(3, answers.Count(answer => answer.Response.Success));
        Assert.Equal(17, answers.Count(answer => answer.Response.ErrorReason == Insufficient));
        Assert.Equal(3, engine.Chain.Submissions);
    }

    [Fact]
    public async Task A_payer_who_holds_just_enough_for_256_at_once_is_refused_none()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payments = Enumerable.Range(0, 256).Select(_ => engine.PayAs(Payer)).ToArray();

        var answers = await engine.AnswersAsync(payments.Select(payment => Task.Run(() => engine.SettleAsync(payment))));

        Assert.All(answers, answer => Assert.True(answer.Response.Success, answer.Response.ErrorReason));
    }

    [Fact]
    public async Task What_another_process_proved_unpaid_does_not_count_against_what_is_left()
    {
        await using var engine = await Engine.StartAsync();
        var (here, _, left, next) = await LeaveOneToAnotherProcessAsync(engine);
        Assert.Equal(Insufficient, await here.EnterAsync(next, engine.Chain, Engine.Stop));

        await FailElsewhereAsync(engine, left);
        Assert.Null(await here.EnterAsync(next, engine.Chain, Engine.Stop));
    }

    [Fact]
    public async Task What_failed_where_another_process_decides_counts_for_its_payer_where_it_was_asked_for()
    {
        await using var engine = await Engine.StartAsync();
        var (here, budget, left, next) = await LeaveOneToAnotherProcessAsync(engine);

        await FailElsewhereAsync(engine, left, new SubmitSettlement("0x" + new string('1', 64)));
        await Assert.ThrowsAsync<FailureBudgetExceededException>(() => here.EnterAsync(next, engine.Chain, Engine.Stop));
        Assert.Throws<FailureBudgetExceededException>(() => budget.RequireRoom(next.Terms.Payer, undecided: 0));
    }

    [Fact]
    public async Task What_is_mined_and_not_deep_enough_does_not_count_against_what_is_left()
    {
        await using var engine = await Engine.StartAsync(confirmations: 3);
        var (first, second, third) = (engine.PayAs(Payer), engine.PayAs(Payer), engine.PayAs(Payer, balance: 0));
        var shallow = engine.SettleAsync(first);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.Mine();

        var settling = engine.SettleAsync(second);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        Assert.Equal(Insufficient, (await engine.AnswerAsync(third)).Response.ErrorReason);

        engine.Chain.Mine(3);
        Assert.True((await shallow).Response.Success);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
    }

    [Fact]
    public async Task What_is_mined_while_its_payer_is_looked_at_is_counted_once()
    {
        await using var engine = await Engine.StartAsync(confirmations: 3);
        var payments = Enumerable.Range(0, 4).Select(_ => engine.PayAs(Payer)).ToArray();
        var settling = new List<Task<SettleAnswer>> { await SettleShallowAsync(engine, payments[0]) };
        foreach (var payment in payments[1..3])
        {
            settling.Add(engine.SettleAsync(payment));
        }

        await engine.UntilAsync(() => engine.Chain.Pool.Count == 2);
        var told = 0;
        engine.Chain.BeforeTelling = _ =>
        {
            if (++told == 3)
            {
                engine.Chain.Mine();
            }

            return Task.CompletedTask;
        };
        settling.Add(engine.SettleAsync(payments[3]));
        await engine.UntilAsync(() => settling[3].IsCompleted || engine.Chain.Pool.Count == 1);

        Assert.Equal(3, told);
        engine.Chain.Mine(4);
        Assert.All(await engine.AnswersAsync(settling), answer => Assert.True(answer.Response.Success, answer.Response.ErrorReason));
    }

    [Fact]
    public async Task What_was_mined_after_its_payer_was_looked_at_is_counted_once()
    {
        await using var engine = await Engine.StartAsync(confirmations: 3);
        var payments = Enumerable.Range(0, 5).Select(_ => engine.PayAs(Payer)).ToArray();
        var settling = new List<Task<SettleAnswer>> { await SettleShallowAsync(engine, payments[0]) };
        settling.AddRange(payments[1..3].Select(payment => engine.SettleAsync(payment)));
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 2);

        // These two cannot be paid beside the others; the first of them takes a look, and when the second comes two more are mined.
        Payment Dear(ulong times) => engine.PayAs(Payer, balance: 0, price: times * Engine.Price);
        Assert.Equal(Insufficient, (await engine.AnswerAsync(Dear(3))).Response.ErrorReason);
        engine.Chain.Mine();
        settling.Add(engine.SettleAsync(payments[3]));
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        Assert.Equal(Insufficient, (await engine.AnswerAsync(Dear(2))).Response.ErrorReason);

        settling.Add(engine.SettleAsync(payments[4]));
        await engine.UntilAsync(() => settling[4].IsCompleted || engine.Chain.Pool.Count == 2);
        engine.Chain.Mine(4);
        Assert.All(await engine.AnswersAsync(settling), answer => Assert.True(answer.Response.Success, answer.Response.ErrorReason));
    }

    [Fact]
    public async Task What_is_paid_and_reported_while_its_payer_is_looked_at_is_spent()
    {
        await using var engine = await Engine.StartAsync();
        var (first, second, third) = (engine.PayAs(Payer), engine.PayAs(Payer), engine.PayAs(Payer, balance: 0));
        Task<SettleAnswer>[] settling = [engine.SettleAsync(first), engine.SettleAsync(second)];
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 2);

        // The look waits for the node, and sees the block before the one that pays for both.
        var (answer, asked) = (new TaskCompletionSource(), 0);
        engine.Chain.BeforeTelling = _ =>
        {
            asked++;
            return answer.Task;
        };
        var refused = engine.SettleAsync(third);
        await engine.UntilAsync(() => asked == 2);
        engine.Chain.BeforeTelling = static _ => Task.CompletedTask;
        engine.Chain.Mine();
        Assert.All(await engine.AnswersAsync(settling), paid => Assert.True(paid.Response.Success, paid.Response.ErrorReason));

        var submissions = engine.Chain.Submissions;
        answer.SetResult();
        Assert.Equal(Insufficient, (await refused).Response.ErrorReason);
        Assert.Equal(submissions, engine.Chain.Submissions);
    }

    [Fact]
    public async Task However_many_are_asked_for_a_payer_without_the_money_is_looked_at_once_in_a_while()
    {
        await using var engine = await Engine.StartAsync();
        var settling = engine.SettleAsync(engine.PayAs(Payer));
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var told = 0;
        engine.Chain.BeforeTelling = _ => Task.FromResult(++told);

        for (var asked = 0; asked < 5; asked++)
        {
            Assert.Equal(Insufficient, (await engine.AnswerAsync(engine.PayAs(Payer, balance: 0))).Response.ErrorReason);
        }

        Assert.Equal(1, told);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Insufficient, (await engine.AnswerAsync(engine.PayAs(Payer, balance: 0))).Response.ErrorReason);
        Assert.Equal(2, told);
        engine.Chain.BeforeTelling = static _ => Task.CompletedTask;
        engine.Chain.Mine();
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
    }

    [Fact]
    public async Task A_node_that_does_not_have_the_block_of_the_look_yet_is_asked_for_it_again_a_moment_later()
    {
        await using var engine = await Engine.StartAsync();
        var settling = engine.SettleAsync(engine.PayAs(Payer));
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        var hasItAt = engine.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(300);
        engine.Chain.FailsToTell = _ => engine.Clock.GetUtcNow() < hasItAt;

        var asking = engine.SettleAsync(engine.PayAs(Payer, balance: 0));
        await engine.UntilAsync(() => asking.IsCompleted, timePasses: true);
        Assert.Equal(Insufficient, (await engine.AnswerAsync(asking)).Response.ErrorReason);

        engine.Chain.Mine();
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
    }

    [Fact]
    public async Task After_a_failure_only_as_many_may_be_undecided_as_may_still_fail()
    {
        await using var engine = await Engine.StartAsync();
        await FailAsync(engine);
        var settling = new[] { engine.SettleAsync(engine.PayAs(Payer)), engine.SettleAsync(engine.PayAs(Payer)) };
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 2);

        await Assert.ThrowsAsync<FailureBudgetExceededException>(() => engine.AnswerAsync(engine.PayAs(Payer)));
        engine.Chain.Mine();
        Assert.All(await engine.AnswersAsync(settling), answer => Assert.True(answer.Response.Success, answer.Response.ErrorReason));

        // Two successes earned room for two more.
        var four = Enumerable.Range(0, 4).Select(_ => engine.SettleAsync(engine.PayAs(Payer))).ToArray();
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 4);
        await Assert.ThrowsAsync<FailureBudgetExceededException>(() => engine.AnswerAsync(engine.PayAs(Payer)));
        engine.Chain.Mine();
        Assert.All(await engine.AnswersAsync(four), answer => Assert.True(answer.Response.Success, answer.Response.ErrorReason));
    }

    [Fact]
    public async Task A_stranger_may_have_256_undecided_and_not_one_more()
    {
        await using var engine = await Engine.StartAsync();
        var settling = Enumerable.Range(0, 256).Select(_ => engine.SettleAsync(engine.PayAs(Payer))).ToArray();
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 256);

        await Assert.ThrowsAsync<FailureBudgetExceededException>(() => engine.AnswerAsync(engine.PayAs(Payer)));
        engine.Chain.Mine();
        Assert.All(await engine.AnswersAsync(settling), answer => Assert.True(answer.Response.Success, answer.Response.ErrorReason));
    }

    [Fact]
    public async Task Failures_count_although_nobody_waited_for_them()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        var payments = Enumerable.Range(0, 3).Select(_ => engine.PayAs(Payer)).ToArray();
        var settling = payments.Select(payment => engine.SettleAsync(payment)).ToArray();
        await engine.UntilAsync(() => settling.All(task => task.IsCompleted), timePasses: true);
        Assert.All(await engine.AnswersAsync(settling), answer => Assert.Equal("settlement_pending", answer.Response.ErrorReason));

        engine.Usdc.IsPaused = true;
        engine.Chain.Mine();
        foreach (var payment in payments)
        {
            await engine.UntilAsync(payment, SettlementStatus.Failed);
        }

        engine.Usdc.IsPaused = false;
        await Assert.ThrowsAsync<FailureBudgetExceededException>(() => engine.AnswerAsync(engine.PayAs(Payer)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_no_transaction_held_counts_when_it_cost_gas_all_the_same(bool costGas)
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Fees = new FeeQuote(IsLegacy: false, UInt256.MaxValue, UInt256.Zero);
        await engine.UntilAsync(() => engine.Desk.Health[0].Code == "fees_above_cap", timePasses: true);
        for (var failures = 0; failures < 3; failures++)
        {
            var payment = engine.PayAs(Payer);
            var settling = engine.SettleAsync(payment);
            await engine.UntilAsync(payment, SettlementStatus.Reserved);
            var report = new SettlementReported(new FailSettlement("erc20_approval_broadcast_failed", costGas), 1, (await engine.ReadAsync(payment))!.Terms.Digest);
            await engine.Grains.GetGrain<ISettlementGrain>(payment.Id).ReportAsync(report);
            Assert.Equal("erc20_approval_broadcast_failed", (await engine.AnswerAsync(settling)).Response.ErrorReason);
        }

        var payer = engine.PayAs(Payer).Transfer.From.ToString();
        var refused = Record.Exception(() => engine.Services.GetRequiredService<FailureBudget>().RequireRoom(payer, undecided: 0));
        Assert.Equal(costGas, refused is FailureBudgetExceededException);
    }

    [Fact]
    public async Task A_payment_that_is_given_up_makes_room()
    {
        await using var engine = await Engine.StartAsync();
        var (given, taken) = (engine.PayAs(Payer), engine.PayAs(Payer, balance: 0));
        var admission = (await engine.Facilitator.AdmitAsync(given.Payload, given.Requirements, "GET /", Engine.Stop)).Admission!;
        Assert.Equal(Insufficient, (await engine.AnswerAsync(taken)).Response.ErrorReason);

        await admission.ReleaseAsync();
        engine.Chain.Automine = true;
        Assert.True((await engine.AnswerAsync(taken)).Response.Success);
    }

    /// <summary>A payment reserved by this process, whose caller left, and another of the payer, who holds enough for one.</summary>
    private static async Task<(PaymentsUnderWay Here, FailureBudget Budget, Payment Left, PreparedPayment Next)> LeaveOneToAnotherProcessAsync(Engine engine)
    {
        var (first, second) = (engine.PayAs(Payer), engine.PayAs(Payer, balance: 0));
        Assert.NotNull((await engine.Facilitator.AdmitAsync(first.Payload, first.Requirements, "GET /quote", Engine.Stop)).Admission);
        var terms = (await engine.ReadAsync(first))!.Terms;
        var budget = new FailureBudget(Options.Create(new FacilitatorSettings { PayerFailuresMax = 1 }), engine.Clock);
        var here = new PaymentsUnderWay(budget, engine.Store, new ProcessIdentity(new Neighbour()), engine.Clock);
        PreparedPayment Of(SettlementTerms of) => new(of, default, SignedByPayer: true, TimeRefusal: null) { IsCounted = true };
        var left = Of(terms);
        Assert.Null(await here.EnterAsync(left, engine.Chain, Engine.Stop));
        here.Keep(left);
        here.Leave(left);
        return (here, budget, first, Of(terms with { Nonce = second.Transfer.Nonce.ToString() }));
    }

    /// <summary>It is reserved, goes through <paramref name="before"/> and fails.</summary>
    private static async Task FailElsewhereAsync(Engine engine, Payment payment, params SettlementCommand[] before)
    {
        var (terms, run) = await engine.ReadAsync(payment) is { } admitted ? (admitted.Terms, admitted.Admission!.Key) : default;
        await engine.DecideElsewhereAsync(
            payment.Grain, [new ReleasePayment(run), new ReserveSettlement(terms, null, engine.Gas.ToString()), .. before, new FailSettlement("reverted")]);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
    }

    /// <summary>Settles one as far as its block, which is not deep enough.</summary>
    private static async Task<Task<SettleAnswer>> SettleShallowAsync(Engine engine, Payment payment)
    {
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.Mine();
        return settling;
    }

    private static async Task FailAsync(Engine engine)
    {
        var settling = engine.SettleAsync(engine.PayAs(Payer));
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Usdc.IsPaused = true;
        engine.Chain.Mine();
        Assert.Equal("invalid_exact_evm_transaction_failed", (await engine.AnswerAsync(settling)).Response.ErrorReason);
        engine.Usdc.IsPaused = false;
    }

    /// <summary>There is another process.</summary>
    private sealed class Neighbour : INeighbours
    {
        public long Solitude => 0;

        public string Self => "here";

        public ValueTask<bool> IsGoneAsync(string process, CancellationToken cancellationToken) => ValueTask.FromResult(false);
    }
}
