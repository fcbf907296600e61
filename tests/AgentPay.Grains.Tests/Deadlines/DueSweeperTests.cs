using System.Collections.Concurrent;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Deadlines;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Deadlines;

/// <summary>Deadlines that nobody takes, and clocks that somebody sets.</summary>
public sealed class DueSweeperTests
{
    private const int Failing = 300;

    [Fact]
    public async Task Those_that_fail_are_told_later_and_later_and_hold_up_no_other()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        var failing = await PendAsync(engine, Failing);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
        var sound = (await PendAsync(engine, 1))[0];
        var failures = new ConcurrentDictionary<string, int>();
        var keys = failing.Select(payment => payment.Grain.Key).ToHashSet();
        engine.Store.Fails = commit => keys.Contains(commit.Grain.Key) && failures.AddOrUpdate(commit.Grain.Key, 1, (_, times) => times + 1) > 0;

        engine.Clock.Advance(TimeSpan.FromSeconds(70));
        await engine.UntilAsync(sound, SettlementStatus.Unknown, timePasses: true);

        var before = engine.Clock.GetTimestamp();
        await engine.UntilAsync(() => engine.Clock.GetElapsedTime(before) > TimeSpan.FromSeconds(20), timePasses: true);
        Assert.Equal(Failing, failures.Count);
        Assert.All(failures.Values, times => Assert.InRange(times, 2, 9));
        engine.Store.Fails = _ => false;
        await engine.UntilAsync(failing[^1], SettlementStatus.Unknown, timePasses: true);
    }

    [Fact]
    public async Task Deadlines_keep_their_time_when_the_clock_is_set_back()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        var old = (await PendAsync(engine, 1))[0];

        engine.Clock.SetBack(TimeSpan.FromHours(5));
        engine.Clock.Advance(TimeSpan.FromSeconds(12));
        var start = engine.Clock.GetTimestamp();
        await engine.UntilAsync(old, SettlementStatus.Unknown, timePasses: true);
        Assert.InRange(engine.Clock.GetElapsedTime(start).TotalSeconds, 40, 90);
    }

    [Fact]
    public async Task Deadlines_set_after_the_clock_was_set_back_wait_for_the_new_clock()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        await PendAsync(engine, 1);
        engine.Clock.SetBack(TimeSpan.FromSeconds(30));
        engine.Clock.Advance(TimeSpan.FromSeconds(12));

        engine.Chain.IsAvailable = true;
        await engine.UntilAsync(() => engine.Desk.Health[0].IsHealthy, timePasses: true);
        var young = (await PendAsync(engine, 1))[0];
        var start = engine.Clock.GetTimestamp();
        await engine.UntilAsync(young, SettlementStatus.Unknown, timePasses: true);
        Assert.InRange(engine.Clock.GetElapsedTime(start).TotalSeconds, 60, 90);
    }

    [Fact]
    public async Task A_waiting_caller_is_answered_in_time_although_the_clock_is_set_back()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 5);
        var settling = engine.SettleAsync(engine.Pay());
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);

        engine.Clock.SetBack(TimeSpan.FromHours(1));
        var start = engine.Clock.GetTimestamp();
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.Equal("settlement_pending", (await engine.AnswerAsync(settling)).Response.ErrorReason);
        Assert.InRange(engine.Clock.GetElapsedTime(start).TotalSeconds, 0, 30);
    }

    [Fact]
    public void A_pause_doubles_up_to_its_bound_and_ends_with_success()
    {
        var clock = new AgentPay.Testing.ManualTimeProvider();
        var retries = new DueRetries(clock);
        var item = new DueItem(new GrainRef("settlement", "1"), "resolve", clock.GetUtcNow());
        Assert.True(retries.MayTry(item));
        var last = TimeSpan.Zero;
        for (var times = 0; times < 20; times++)
        {
            retries.Failed(item);
            Assert.False(retries.MayTry(item));
            var pause = retries.NextIn!.Value;
            Assert.True(pause > last || pause > DueRetries.PauseMax * 0.7, $"{times}: {pause} after {last}");
            Assert.InRange(pause, TimeSpan.FromMilliseconds(150), DueRetries.PauseMax);
            last = pause;
            clock.Advance(pause);
            Assert.True(retries.MayTry(item));
        }

        retries.Succeeded(item);
        Assert.Null(retries.NextIn);
    }

    /// <summary>Payments of a minute whose node is gone: nothing but their deadline brings them on.</summary>
    private static async Task<Payment[]> PendAsync(Engine engine, int count)
    {
        engine.Chain.IsAvailable = true;
        var sent = engine.Chain.Pool.Count;
        var payments = Enumerable.Range(0, count).Select(_ => engine.Pay(TimeSpan.FromSeconds(60))).ToArray();
        var settling = payments.Select(payment => engine.SettleAsync(payment)).ToArray();
        await engine.UntilAsync(() => engine.Chain.Pool.Count == sent + count);
        foreach (var payment in payments)
        {
            await engine.UntilAsync(payment, SettlementStatus.Submitted);
        }

        engine.Chain.IsAvailable = false;
        await engine.UntilAsync(() => settling.All(task => task.IsCompleted), timePasses: true);
        return payments;
    }
}
