using System.Collections.Concurrent;
using AgentPay.Domain.Decisions;
using AgentPay.Grains.Messages;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Messages;

/// <summary>Messages of one sender to one receiver keep their order, whatever fails, and whoever sent or left them.</summary>
public sealed class MessageLanesTests
{
    private static readonly (GrainRef From, GrainRef To) Lane = MessageLanes.LaneOf(Message(1));

    private readonly ConcurrentQueue<long> delivered = new();
    private readonly ConcurrentDictionary<long, bool> failing = [];
    private readonly MessageLanes lanes;

    public MessageLanesTests()
    {
        lanes = new MessageLanes(async sending =>
        {
            if (sending.Source is { } source && !await source.IsCommittedAsync())
            {
                return true;
            }

            delivered.Enqueue(sending.Message.Id.Version);
            return !failing.ContainsKey(sending.Message.Id.Version);
        });
        Read();
    }

    [Fact]
    public async Task What_the_rows_hold_behind_a_message_that_just_failed_waits_until_they_are_read_again()
    {
        failing[1] = true;
        lanes.BeginReading();
        lanes.TakeLeft(Lane, [Message(1)]);
        await FailureAsync();

        lanes.TakeLeft(Lane, [Message(2)]);
        var other = Message(1, to: "other");
        lanes.TakeLeft(MessageLanes.LaneOf(other), [other]);
        await DeliveredAsync(1, 1);

        failing.Clear();
        Read(Message(1), Message(2));
        await DeliveredAsync(1, 1, 1, 2);
    }

    [Fact]
    public async Task What_is_new_goes_behind_what_failed_until_the_rows_hold_none_of_them()
    {
        failing[1] = true;
        New(1);
        await FailureAsync();
        New(2);

        failing.Clear();
        Read(Message(1), Message(2));
        await DeliveredAsync(1, 1, 2);
        New(3);
        Assert.True(lanes.AnyIsRowsOnly);
        Read(Message(3));
        await DeliveredAsync(1, 1, 2, 3);

        Read();
        Assert.False(lanes.AnyIsRowsOnly);
        New(4);
        await DeliveredAsync(1, 1, 2, 3, 4);
    }

    [Fact]
    public async Task A_reading_that_began_before_a_message_was_left_to_the_rows_does_not_end_its_wait()
    {
        failing[1] = true;
        New(1);
        await FailureAsync();
        lanes.BeginReading();
        New(2);
        End();

        New(3);
        failing.Clear();
        Read(Message(1), Message(2), Message(3));
        await DeliveredAsync(1, 1, 2, 3);
    }

    [Fact]
    public async Task A_reading_that_saw_messages_of_a_lane_does_not_end_its_wait()
    {
        failing[1] = true;
        New(1);
        await FailureAsync();
        Read(Message(1));
        await DeliveredAsync(1, 1);
        Assert.True(lanes.AnyIsRowsOnly);
        Assert.False(lanes.AnyWaitsForReading);
    }

    [Fact]
    public async Task Until_all_that_was_left_has_been_read_what_is_new_is_left_as_well()
    {
        lanes.ReadAnew();
        lanes.BeginReading();
        New(2);
        lanes.TakeLeft(Lane, [Message(1)]);
        await DeliveredAsync(1);
        End(Lane);
        Assert.True(lanes.AnyWaitsForReading);

        New(3);
        Read(Message(2), Message(3));
        await DeliveredAsync(1, 2, 3);
    }

    [Fact]
    public async Task When_what_is_decided_here_changed_a_reading_that_had_begun_does_not_count()
    {
        lanes.BeginReading();
        lanes.ReadAnew();
        End();
        New(2);
        Read(Message(1), Message(2));
        await DeliveredAsync(1, 2);
        Assert.True(lanes.IsLeftRead);
    }

    [Fact]
    public async Task What_was_left_to_another_process_goes_before_what_is_sent_when_that_is_ours()
    {
        lanes.TakeNew(Message(1), fate: null, isOurs: false);
        Assert.True(lanes.AnyIsRowsOnly);
        New(2);
        Read(Message(1), Message(2));
        await DeliveredAsync(1, 2);
    }

    [Fact]
    public async Task What_the_rows_hold_for_another_process_goes_before_what_is_sent_when_that_is_ours()
    {
        lanes.BeginReading();
        lanes.Leave(Lane);
        End(Lane);
        New(2);
        Read(Message(1), Message(2));
        await DeliveredAsync(1, 2);
    }

    [Fact]
    public async Task What_comes_after_an_early_message_that_was_put_back_behind_a_failed_one_does_not_overtake_it()
    {
        var (first, second) = (new Writing(), new Writing());
        failing[1] = true;
        Early(1, first);
        Early(2, second);
        first.Commit();
        await FailureAsync();
        failing.Clear();

        // Neither row is there: the first was taken although that could not be told, and the second is not durable yet.
        Read();
        second.Commit();
        lanes.TakeNew(Message(1), first.Fate, isOurs: true);
        lanes.TakeNew(Message(2), second.Fate, isOurs: true);
        Early(3, second);

        Read(Message(2));
        await DeliveredAsync(1, 2);
    }

    [Fact]
    public async Task Nothing_goes_early_in_front_of_a_message_that_is_held_back()
    {
        var (first, second) = (new Writing(), new Writing());
        lanes.ReadAnew();
        Early(1, first);
        Read();
        Early(2, second);
        first.Commit();
        second.Commit();
        lanes.TakeNew(Message(1), first.Fate, isOurs: true);
        lanes.TakeNew(Message(2), second.Fate, isOurs: true);
        await DeliveredAsync(1, 2);
    }

    [Fact]
    public async Task A_message_of_a_failed_commit_is_delivered_to_nobody_and_the_next_of_its_name_is()
    {
        var (failed, next) = (new Writing(), new Writing());
        Early(1, failed);
        failed.Fail();
        lanes.Drop(Message(1), failed.Fate);
        Early(1, next);
        next.Commit();
        lanes.TakeNew(Message(1), next.Fate, isOurs: true);
        await DeliveredAsync(1);
        New(2);
        await DeliveredAsync(1, 2);
    }

    private static WaitingMessage Message(long version, string to = "receiver") =>
        new(new MessageId(new GrainRef("sender", "one"), version, 0), new GrainRef("receiver", to), ReadOnlyMemory<byte>.Empty, DateTimeOffset.UnixEpoch);

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            Engine.Stop.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private void New(long version) => lanes.TakeNew(Message(version), fate: null, isOurs: true);

    private void Early(long version, Writing writing) => lanes.TakeEarly(Message(version), new SendingCommit(writing.Fate, writing.Result));

    private void Read(params WaitingMessage[] rows)
    {
        lanes.BeginReading();
        lanes.TakeLeft(Lane, rows);
        End([.. rows.Select(MessageLanes.LaneOf)]);
    }

    private void End(params (GrainRef From, GrainRef To)[] left) => lanes.EndReading(left.ToHashSet());

    private Task FailureAsync() => UntilAsync(() => lanes.AnyIsRowsOnly);

    private async Task DeliveredAsync(params long[] versions)
    {
        await UntilAsync(() => delivered.Count >= versions.Length);
        Assert.Equal(versions, delivered);
    }

    /// <summary>A commit on its way.</summary>
    private sealed class Writing
    {
        private readonly TaskCompletionSource<CommitResult> result = new();

        public CommitFate Fate { get; } = new();

        public Task<CommitResult> Result => result.Task;

        public void Commit() => result.SetResult(new CommitResult(CommitStatus.Committed, 1));

        public void Fail() => result.SetResult(new CommitResult(CommitStatus.VersionConflict, 1));
    }
}
