using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Tests.Contract;

public abstract partial class AtomicStoreContract
{
    [Fact]
    public async Task A_message_waits_under_the_name_of_the_decision_that_sent_it()
    {
        await CommittedAsync(Some.Commit("w"));
        await CommittedAsync(Some.Commit("w", 1) with { Messages = [Some.Message("x", "one"), Some.Message("y", "two")] });

        var waiting = await Store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel);

        Assert.Equal(
            [(new MessageId(Some.Grain("w"), 2, 0), Some.Grain("x"), "one", Some.Now), (new MessageId(Some.Grain("w"), 2, 1), Some.Grain("y"), "two", Some.Now)],
            waiting.Select(message => (message.Id, message.Target, Some.Text(message.Body), message.SentAt)));
    }

    [Fact]
    public async Task Messages_are_read_oldest_first_up_to_a_time_and_a_count()
    {
        for (var minute = 3; minute > 0; minute--)
        {
            await CommittedAsync(Some.Commit($"w{minute}") with { DecidedAt = Some.Now.AddMinutes(minute), Messages = [Some.Message("x")] });
        }

        Assert.Empty(await Store.ReadWaitingMessagesAsync(Some.Now.AddMinutes(1).AddMicroseconds(-1), 10, Cancel));
        Assert.Single(await Store.ReadWaitingMessagesAsync(Some.Now.AddMinutes(1), 10, Cancel));
        Assert.Equal(
            [Some.Grain("w1"), Some.Grain("w2")],
            (await Store.ReadWaitingMessagesAsync(Some.Now.AddMinutes(9), 2, Cancel)).Select(message => message.Id.Source));
    }

    [Fact]
    public async Task A_message_is_consumed_once_whoever_delivers_it()
    {
        await CommittedAsync(Some.Commit("sender") with { Messages = [Some.Message("receiver")] });
        var id = new MessageId(Some.Grain("sender"), 1, 0);

        var deliveries = await Task.WhenAll(Enumerable.Range(0, 8).Select(place => Store.CommitAsync(Some.Commit($"receiver{place}") with { Consumes = id })));

        Assert.Equal(1, deliveries.Count(result => result.Status == CommitStatus.Committed));
        Assert.Equal(7, deliveries.Count(result => result == new CommitResult(CommitStatus.MessageGone, 0)));
        Assert.Empty(await Store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel));
    }

    [Fact]
    public async Task A_commit_that_loses_leaves_its_message_waiting()
    {
        await CommittedAsync(Some.Commit("sender") with { Messages = [Some.Message("receiver")] });
        var id = new MessageId(Some.Grain("sender"), 1, 0);

        Assert.Equal(CommitStatus.VersionConflict, (await Store.CommitAsync(Some.Commit("receiver", 4) with { Consumes = id })).Status);

        Assert.Single(await Store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel));
    }

    [Fact]
    public async Task A_message_sent_in_the_same_breath_can_be_consumed()
    {
        var sent = Store.CommitAsync(Some.Commit("sender") with { Messages = [Some.Message("receiver")] });
        var consumed = Store.CommitAsync(Some.Commit("receiver") with { Consumes = new MessageId(Some.Grain("sender"), 1, 0) });
        Assert.Equal(CommitStatus.Committed, (await sent).Status);
        Assert.Equal(CommitStatus.Committed, (await consumed).Status);
        Assert.Empty(await Store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel));
    }

    [Fact]
    public async Task A_message_is_removed_once_and_again_without_error()
    {
        await CommittedAsync(Some.Commit("w") with { Messages = [Some.Message("x"), Some.Message("y")] });
        await Store.RemoveMessageAsync(new MessageId(Some.Grain("w"), 1, 0), Cancel);
        await Store.RemoveMessageAsync(new MessageId(Some.Grain("w"), 1, 0), Cancel);
        Assert.Equal(1, (await Store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel)).Single().Id.Index);
    }

    [Fact]
    public async Task A_deadline_is_due_from_its_instant_on()
    {
        await CommittedAsync(Some.Commit("w") with { Due = [new DueChange("expire", Some.Now)] });
        Assert.Empty(await Store.ReadDueAsync(Some.Now.AddMicroseconds(-1), 10, Cancel));
        Assert.Equal([new DueItem(Some.Grain("w"), "expire", Some.Now)], await Store.ReadDueAsync(Some.Now, 10, Cancel));
        Assert.Equal([new DueItem(Some.Grain("w"), "expire", Some.Now)], await Store.ReadDueAsync(Some.Now, 10, Cancel));
        Assert.Equal(Some.Now, await Store.ReadNextDueAsync(Cancel));
    }

    [Fact]
    public async Task A_deadline_is_moved_by_its_id_and_cleared_by_null()
    {
        await CommittedAsync(Some.Commit("w") with { Due = [new DueChange("expire", Some.Now), new DueChange("retry", Some.Now.AddHours(2))] });
        await CommittedAsync(Some.Commit("w", 1) with { Due = [new DueChange("expire", Some.Now.AddHours(1))] });
        Assert.Empty(await Store.ReadDueAsync(Some.Now, 10, Cancel));
        Assert.Equal(["expire", "retry"], (await Store.ReadDueAsync(Some.Now.AddHours(2), 10, Cancel)).Select(item => item.Id));

        await CommittedAsync(Some.Commit("w", 2) with { Due = [new DueChange("expire", null), new DueChange("unknown", null)] });
        Assert.Equal(Some.Now.AddHours(2), await Store.ReadNextDueAsync(Cancel));
    }

    [Fact]
    public async Task A_deadline_is_cleared_only_if_it_stands_at_that_time()
    {
        await CommittedAsync(Some.Commit("w") with { Due = [new DueChange("expire", Some.Now)] });
        await Store.ClearDueAsync(new DueItem(Some.Grain("w"), "expire", Some.Now.AddMicroseconds(1)), Cancel);
        Assert.Equal(Some.Now, await Store.ReadNextDueAsync(Cancel));
        await Store.ClearDueAsync(new DueItem(Some.Grain("w"), "expire", Some.Now), Cancel);
        Assert.Null(await Store.ReadNextDueAsync(Cancel));
        await Store.ClearDueAsync(new DueItem(Some.Grain("w"), "expire", Some.Now), Cancel);
    }

    [Fact]
    public async Task A_deadline_read_back_clears_itself_though_it_was_set_finer_than_the_store_keeps()
    {
        await CommittedAsync(Some.Commit("w") with { Due = [new DueChange("expire", Some.Now.AddTicks(7))] });
        await Store.ClearDueAsync((await Store.ReadDueAsync(Some.Now.AddSeconds(1), 1, Cancel)).Single(), Cancel);
        Assert.Null(await Store.ReadNextDueAsync(Cancel));
    }

    [Fact]
    public async Task An_answer_comes_back_until_it_expires()
    {
        var answer = Some.Answer("k");
        await CommittedAsync(Some.Commit("w") with { Answer = answer });

        var stored = await Store.ReadAnswerAsync("acct_1", "k", answer.ExpiresAt, Cancel);

        Assert.NotNull(stored);
        Assert.Equal(
            ("acct_1", "k", "print", 201, "answer", answer.ExpiresAt),
            (stored.Scope, stored.Key, Some.Text(stored.Fingerprint), stored.HttpStatus, Some.Text(stored.Body), stored.ExpiresAt));
        Assert.Null(await Store.ReadAnswerAsync("acct_1", "k", answer.ExpiresAt.AddMicroseconds(1), Cancel));
        Assert.Null(await Store.ReadAnswerAsync("acct_2", "k", Some.Now, Cancel));
        Assert.Null(await Store.ReadAnswerAsync("acct_1", "K", Some.Now, Cancel));
    }

    [Fact]
    public async Task A_key_is_answered_once_in_its_scope()
    {
        var results = await Task.WhenAll(
            Store.CommitAsync(Some.Commit("a", 0) with { Answer = Some.Answer("k", "first") }),
            Store.CommitAsync(Some.Commit("b", 0) with { Answer = Some.Answer("k", "second"), Events = [Some.Event("b")] }),
            Store.CommitAsync(Some.Commit("c", 0) with { Answer = Some.Answer("k", "other scope", "acct_2") }));

        Assert.Equal([CommitStatus.Committed, CommitStatus.AnswerExists, CommitStatus.Committed], results.Select(result => result.Status));
        Assert.Equal("first", Some.Text((await Store.ReadAnswerAsync("acct_1", "k", Some.Now, Cancel))!.Body));
        Assert.Null(await StateAsync("b"));
        Assert.Empty(await Store.ReadObjectEventsAsync("b", Cancel));
    }

    [Fact]
    public async Task A_key_whose_answer_expired_can_be_answered_anew()
    {
        await CommittedAsync(Some.Commit("w") with { Answer = Some.Answer("k", "old") });
        var after = Some.Now.AddHours(24);
        var anew = Some.Answer("k", "new") with { ExpiresAt = after.AddHours(24) };
        Assert.Equal(CommitStatus.AnswerExists, (await Store.CommitAsync(Some.Commit("w", 1) with { Answer = anew, DecidedAt = after })).Status);
        await CommittedAsync(Some.Commit("w", 1) with { Answer = anew, DecidedAt = after.AddMicroseconds(1) });
        Assert.Equal("new", Some.Text((await Store.ReadAnswerAsync("acct_1", "k", after.AddHours(1), Cancel))!.Body));
    }

    [Fact]
    public async Task A_deadline_that_nobody_took_may_be_taken()
    {
        await Store.CommitAsync(Some.Commit("w") with { Due = [new DueChange("d", Some.Now)] });
        var due = await Store.ReadDueAsync(Some.Now, 10, Cancel);
        Assert.Equal(due, await Store.TakeDueAsync(due, Cancel));
        Assert.Empty(await Store.TakeDueAsync([], Cancel));
    }
}
