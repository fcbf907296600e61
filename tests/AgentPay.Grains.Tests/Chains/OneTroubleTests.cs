using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>What goes wrong with one key or one payment while blocks come is nothing to the others. Mostly the clock stands, so whatever starts over never goes on.</summary>
public sealed class OneTroubleTests
{
    [Fact]
    public async Task When_the_store_is_back_what_was_mined_meanwhile_is_known_within_three_seconds_however_long_it_was_away()
    {
        await using var engine = await Engine.StartAsync();
        for (var outage = 0; outage < 2; outage++)
        {
            var payment = await SubmitWithAsync(engine, null);
            engine.Store.IsDown = true;
            engine.Chain.Mine();
            var end = engine.Clock.GetUtcNow() + TimeSpan.FromSeconds(31);
            await engine.UntilAsync(() => engine.Clock.GetUtcNow() >= end, timePasses: true);

            engine.Store.IsDown = false;
            await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);

            Assert.InRange(engine.Clock.GetUtcNow() - end, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        }
    }

    [Theory]
    [InlineData(typeof(StoreUnavailableException))]
    [InlineData(typeof(InvalidOperationException))]
    public async Task A_key_that_cannot_note_what_was_mined_keeps_its_neighbour_from_nothing(Type fault)
    {
        await using var engine = await Engine.StartAsync(hasTwoKeys: true);
        var first = await SubmitWithAsync(engine, engine.Gas.ToString());
        await SubmitWithAsync(engine, null);
        engine.Store.Fails = commit => !IsOf(engine, commit) ? false
            : fault == typeof(StoreUnavailableException) ? true
            : throw new InvalidOperationException("A defect.");
        engine.Chain.Mine();

        for (var block = 0; block < 3; block++)
        {
            var neighbour = await SubmitWithAsync(engine, null);
            engine.Chain.Mine();
            await engine.UntilAsync(neighbour, SettlementStatus.Confirmed);
        }

        Assert.Equal(SettlementStatus.Submitted, await engine.StatusAsync(first));
        engine.Store.Fails = _ => false;
        await engine.UntilAsync(first, SettlementStatus.Confirmed, timePasses: true);
        await engine.UntilAsync(() => engine.Desk.Health.Single().IsHealthy, timePasses: true);
        await engine.UntilAsync(async () => (ulong)await engine.LedgerBalanceAsync(Engine.Merchant) == engine.PaidTo(Engine.Merchant), timePasses: true);
    }

    [Fact]
    public async Task A_key_that_cannot_note_a_lost_block_keeps_its_neighbour_from_nothing_and_hears_of_it_later()
    {
        await using var engine = await Engine.StartAsync(hasTwoKeys: true);
        var (first, second) = await ConfirmOneOfEachKeyAsync(engine);
        engine.Store.Fails = commit => IsOf(engine, commit);

        engine.Chain.Reorganize(1);
        await engine.UntilAsync(second, SettlementStatus.Submitted);
        engine.Chain.Mine(Engine.FinalityDepth + 1);
        await engine.UntilAsync(second, SettlementStatus.Final, timePasses: true);

        Assert.Equal(SettlementStatus.Confirmed, await engine.StatusAsync(first));
        engine.Store.Fails = _ => false;
        await engine.UntilAsync(async () => (await engine.LedgerAsync(first)).Length == 3, timePasses: true);
        engine.Chain.Mine();
        await engine.UntilAsync(first, SettlementStatus.Final, timePasses: true);
        Assert.Equal(["settlement", "settlement_reversed", "settlement"], await engine.LedgerAsync(first));

        // Others of that key may have been in the lost block too.
        await engine.UntilAsync(async () => (ulong)await engine.LedgerBalanceAsync(Engine.Merchant) == engine.PaidTo(Engine.Merchant), timePasses: true);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task A_key_that_cannot_note_what_is_final_keeps_its_neighbour_from_nothing()
    {
        await using var engine = await Engine.StartAsync(hasTwoKeys: true);
        var (first, second) = await ConfirmOneOfEachKeyAsync(engine);
        engine.Store.Fails = commit => IsOf(engine, commit);

        engine.Chain.Mine(Engine.FinalityDepth);
        await engine.UntilAsync(second, SettlementStatus.Final);

        engine.Store.Fails = _ => false;
        engine.Clock.Advance(TimeSpan.FromSeconds(3));
        await engine.UntilAsync(() => engine.Desk.Health.Single().IsHealthy, timePasses: true);
        engine.Chain.Mine();
        await engine.UntilAsync(first, SettlementStatus.Final);
    }

    [Fact]
    public async Task A_payment_of_which_the_token_tells_nothing_keeps_no_other_from_being_paid_and_is_unknown_in_the_end()
    {
        await using var engine = await Engine.StartAsync();
        var broken = await SubmitWithAsync(engine, null);
        engine.Chain.Burn(engine.Usdc.Address, broken.Transfer.From);
        engine.Chain.FailsToTell = payer => payer == broken.Transfer.From;
        engine.Chain.Mine();

        var other = await SubmitWithAsync(engine, null);
        engine.Chain.Mine();
        await engine.UntilAsync(other, SettlementStatus.Confirmed);
        Assert.Equal(SettlementStatus.Submitted, await engine.StatusAsync(broken));
        Assert.True(engine.Desk.Health.Single().IsHealthy, engine.Desk.Health.Single().Message);

        await engine.UntilAsync(broken, SettlementStatus.Unknown, timePasses: true);
        await engine.UntilAsync(async () => (await engine.SignerAsync()).InFlight == 0);
    }

    [Fact]
    public async Task A_payment_whose_token_was_silent_for_a_moment_fails_as_it_did()
    {
        await using var engine = await Engine.StartAsync();
        var broke = await SubmitWithAsync(engine, null);
        engine.Chain.Burn(engine.Usdc.Address, broke.Transfer.From);
        engine.Chain.FailsToTell = _ => true;
        engine.Chain.Mine();
        await engine.UntilAsync(() => engine.Desk.HeightOf(engine.Chain.Network) == 1);

        engine.Chain.FailsToTell = _ => false;
        await engine.UntilAsync(broke, SettlementStatus.Failed, timePasses: true);
    }

    [Fact]
    public async Task Blocks_do_not_wait_for_a_payment_the_node_takes_long_over_and_it_fails_when_the_node_has_answered()
    {
        await using var engine = await Engine.StartAsync();
        var broke = await SubmitWithAsync(engine, null);
        var answer = new TaskCompletionSource();
        engine.Chain.Burn(engine.Usdc.Address, broke.Transfer.From);
        engine.Chain.BeforeTelling = payer => payer == broke.Transfer.From ? answer.Task : Task.CompletedTask;
        engine.Chain.Mine();

        var other = await SubmitWithAsync(engine, null);
        engine.Chain.Mine();
        await engine.UntilAsync(other, SettlementStatus.Confirmed, timePasses: true);
        Assert.Equal(SettlementStatus.Submitted, await engine.StatusAsync(broke));

        answer.SetResult();
        await engine.UntilAsync(broke, SettlementStatus.Failed, timePasses: true);
    }

    [Fact]
    public async Task A_payment_the_node_never_answers_about_is_unknown()
    {
        await using var engine = await Engine.StartAsync();
        var broke = await SubmitWithAsync(engine, null);
        engine.Chain.Burn(engine.Usdc.Address, broke.Transfer.From);
        engine.Chain.BeforeTelling = static _ => new TaskCompletionSource().Task;
        engine.Chain.Mine();

        await engine.UntilAsync(broke, SettlementStatus.Unknown, timePasses: true);
    }

    [Fact]
    public async Task Those_who_share_a_transaction_with_a_payment_of_which_the_token_tells_nothing_are_paid()
    {
        await using var engine = await Engine.StartAsync(canShare: true);
        await SubmitWithAsync(engine, null);
        var together = new[] { engine.Pay(), engine.Pay(), engine.Pay() };
        var settling = together.Select(payment => engine.SettleAsync(payment)).ToArray();
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 2, timePasses: true);
        engine.Chain.Burn(engine.Usdc.Address, together[1].Transfer.From);
        engine.Chain.FailsToTell = payer => payer == together[1].Transfer.From;
        engine.Chain.Mine();

        await engine.UntilAsync(together[0], SettlementStatus.Confirmed, timePasses: true);
        await engine.UntilAsync(together[2], SettlementStatus.Confirmed, timePasses: true);
        await engine.UntilAsync(together[1], SettlementStatus.Unknown, timePasses: true);
        Assert.True((await engine.AnswerAsync(settling[0])).Response.Success && (await engine.AnswerAsync(settling[2])).Response.Success);
    }

    [Fact]
    public async Task A_payment_of_which_the_token_tells_nothing_does_not_keep_an_engine_from_starting()
    {
        await using var engine = await Engine.StartAsync();
        var broken = await SubmitWithAsync(engine, null);
        engine.Chain.Burn(engine.Usdc.Address, broken.Transfer.From);
        engine.Chain.FailsToTell = payer => payer == broken.Transfer.From;
        engine.Chain.IsAvailable = false;
        engine.Chain.Mine();
        await engine.KillAsync();
        engine.Chain.IsAvailable = true;
        await engine.UntilAsync(() => engine.Desk.Health.Single().IsHealthy, timePasses: true);

        var other = await SubmitWithAsync(engine, null);
        engine.Chain.Mine();
        await engine.UntilAsync(other, SettlementStatus.Confirmed);
    }

    private static bool IsOf(Engine engine, Commit commit) => commit.Grain == SignerId.GrainFor(engine.Chain.Network, engine.Gas.ToString());

    /// <summary>A confirmed settlement of the first key, and one of the other.</summary>
    private static async Task<(Payment First, Payment Second)> ConfirmOneOfEachKeyAsync(Engine engine)
    {
        var first = await SubmitWithAsync(engine, engine.Gas.ToString());
        var second = await SubmitWithAsync(engine, null);
        engine.Chain.Mine();
        await engine.UntilAsync(first, SettlementStatus.Confirmed);
        await engine.UntilAsync(second, SettlementStatus.Confirmed);
        return (first, second);
    }

    /// <summary>A submitted settlement of this key, or of any other than the first where there are two.</summary>
    private static async Task<Payment> SubmitWithAsync(Engine engine, string? signer)
    {
        while (true)
        {
            var payment = engine.Pay();
            _ = engine.SettleAsync(payment);
            await engine.UntilAsync(async () => await engine.ReadAsync(payment) is { Signer: not null });
            var isFirst = (await engine.ReadAsync(payment))!.Signer == engine.Gas.ToString();
            if (signer is null && isFirst && engine.Desk.SignersOf(engine.Chain.Network).Count > 1)
            {
                continue;
            }

            await engine.UntilAsync(payment, SettlementStatus.Submitted);
            var settlement = (await engine.ReadAsync(payment))!;
            await engine.UntilAsync(() => engine.Chain.Pool.Any(hash => hash.ToString() == settlement.Transaction));
            if (signer is null || settlement.Signer == signer)
            {
                return payment;
            }
        }
    }
}
