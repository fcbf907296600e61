using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Settlements;

/// <summary>The engine is killed at each step of a settlement and starts again on the same file: the payer pays once.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task Killed_before_the_reservation_was_written_it_knows_nothing_and_settles_when_asked_again() =>
        await KillAsync(commit => commit.Grain.Type == "settlement", after: false, async (engine, payment) =>
        {
            Assert.Null(await engine.ReadAsync(payment));
            engine.Chain.Automine = true;
            Assert.True((await engine.AnswerAsync(payment, "key")).Response.Success);
        });

    [Fact]
    public async Task Killed_after_the_reservation_it_goes_on_by_itself() =>
        await KillAsync(commit => commit.Grain.Type == "signer" && commit.Consumes is not null, after: false, ConfirmAsync);

    [Fact]
    public async Task Nothing_is_sent_before_the_signers_commit_is_durable()
    {
        await using var engine = await Engine.StartAsync();
        engine.Store.HoldBefore = commit => commit.Grain.Type == "signer";
        var payment = engine.Pay();
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(() => !engine.Store.Held.IsEmpty);

        // Another payment goes all its way to the held signer: whoever would send has had the time to.
        _ = engine.SettleAsync(engine.Pay());
        await engine.UntilAsync(() => engine.Store.Held.Count >= 2);
        engine.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(0, engine.Chain.Submissions);

        engine.Store.Release();
        await engine.UntilAsync(() => engine.Chain.Submissions > 0, timePasses: true);
    }

    [Fact]
    public async Task Killed_after_the_signers_commit_and_before_any_broadcast_it_sends_those_bytes() =>
        await KillAsync(commit => commit.Grain.Type == "signer" && commit.Consumes is not null, after: true, async (engine, payment) =>
        {
            await engine.UntilAsync(() => engine.Chain.Pool.Count == 1, timePasses: true);
            Assert.Equal((await engine.SignerAsync()).Transactions[0].Newest.Hash, engine.Chain.Pool.Single().ToString());
            await ConfirmAsync(engine, payment);
        });

    [Fact]
    public async Task Killed_after_the_broadcast_it_neither_signs_nor_pays_again() =>
        await KillAsync(commit => commit.Grain.Type == "settlement" && commit.Status == "submitted", after: false, ConfirmAsync);

    [Fact]
    public async Task Killed_after_it_was_mined_and_before_the_signer_knew_it_finds_the_receipt() =>
        await KillAsync(commit => commit.Grain.Type == "signer" && commit.Messages.Count == 1 && commit.Consumes is null, after: false, ConfirmAsync, mine: true);

    [Fact]
    public async Task Killed_between_the_signers_word_and_the_settlements_it_delivers_the_word() =>
        await KillAsync(commit => commit.Grain.Type == "settlement" && commit.Status == "confirmed", after: false, ConfirmAsync, mine: true);

    [Fact]
    public async Task Killed_after_the_confirmation_it_answers_the_same_key_with_the_same_hash() =>
        await KillAsync(commit => commit.Grain.Type == "settlement" && commit.Status == "confirmed", after: true, ConfirmAsync, mine: true);

    [Fact]
    public async Task What_is_new_after_a_start_does_not_overtake_what_was_left()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        engine.Store.HoldBefore = commit => commit.Grain.Type == "settlement" && commit.Status == "submitted";
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(() => !engine.Store.Held.IsEmpty && engine.Chain.Pool.Count == 1);
        var readable = new TaskCompletionSource();
        engine.MessagesReadable = readable.Task;
        await engine.KillAsync();

        // The signer's next word is made before its last one was read.
        engine.Chain.Mine();
        await engine.UntilAsync(async () => (await engine.SignerAsync()).InFlight == 0);
        readable.SetResult();
        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        Assert.Equal(["settlement.reserved", "settlement.submitted", "settlement.confirmed"], await engine.EventsAsync(payment));
    }

    [Fact]
    public async Task More_messages_that_nobody_can_read_than_are_looked_at_together_hold_up_no_payment()
    {
        const int Count = 2_500;
        await using var engine = await Engine.StartAsync();
        var now = engine.Clock.GetUtcNow();
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => engine.Store.CommitAsync(new Commit
        {
            Grain = new GrainRef("settlement", $"from another time {i}"),
            ExpectedVersion = 0,
            State = new byte[] { 1 },
            DecidedAt = now,
            Messages = [new OutgoingMessage(new GrainRef("signer", "nobody"), "no form anybody knows"u8.ToArray())],
        })));
        engine.Chain.Automine = true;
        await engine.KillAsync();

        var payment = engine.Pay();
        _ = engine.SettleAsync(payment);

        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
    }

    private static async Task KillAsync(Func<Commit, bool> point, bool after, Func<Engine, Payment, Task> then, bool mine = false)
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        _ = after ? engine.Store.HoldAfter = point : engine.Store.HoldBefore = point;
        var lost = engine.SettleAsync(payment, "key");
        if (mine)
        {
            await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
            engine.Chain.Mine();
        }

        await engine.UntilAsync(() => !engine.Store.Held.IsEmpty);
        await engine.KillAsync();
        _ = lost.ContinueWith(task => task.Exception, Engine.Stop, TaskContinuationOptions.None, TaskScheduler.Default);

        await then(engine, payment);

        Assert.Equal(Engine.Price, engine.PaidTo(Engine.Merchant));
        Assert.Equal(["settlement"], await engine.LedgerAsync(payment));
        Assert.Equal(1UL, (await engine.SignerAsync()).NextNonce);
        Assert.All((await engine.SignerAsync()).Transactions.Values, transaction => Assert.Single(transaction.Forms));
        await engine.AssertLedgerShowsTheChainAsync();
        var answer = (await engine.AnswerAsync(payment, "key")).Response;
        Assert.Equal((true, (await engine.ReadAsync(payment))!.Transaction), (answer.Success, answer.Transaction));
    }

    private static async Task ConfirmAsync(Engine engine, Payment payment)
    {
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1 || engine.PaidTo(Engine.Merchant) > 0, timePasses: true);
        engine.Chain.Mine();
        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
    }
}
