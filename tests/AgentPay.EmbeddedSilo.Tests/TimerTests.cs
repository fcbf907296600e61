using AgentPay.EmbeddedSilo.Tests.Grains;

namespace AgentPay.EmbeddedSilo.Tests;

public sealed class TimerTests : SiloTest
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private ITimerGrain Grain => Grains.GetGrain<ITimerGrain>("t");

    [Fact]
    public async Task A_timer_ticks_when_due_and_then_every_period()
    {
        await Grain.StartAsync(3 * Second, 2 * Second, interleave: false, keepAlive: false);
        await Host.AdvanceAsync(2 * Second);
        Assert.Empty(Probe.Lines);
        await Host.AdvanceAsync(5 * Second);
        Assert.Equal(["tick 1 at 00:00:03", "tick 2 at 00:00:05", "tick 3 at 00:00:07"], Probe.Lines);
    }

    [Fact]
    public async Task A_timer_without_a_period_ticks_once()
    {
        await Grain.StartAsync(Second, Timeout.InfiniteTimeSpan, interleave: false, keepAlive: false);
        await Host.AdvanceAsync(10 * Second);
        Assert.Equal(["tick 1 at 00:00:01"], Probe.Lines);
    }

    [Fact]
    public async Task A_timer_that_is_never_due_ticks_after_it_is_changed()
    {
        await Grain.StartAsync(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan, interleave: false, keepAlive: false);
        await Host.AdvanceAsync(10 * Second);
        await Grain.ChangeAsync(Second, 3 * Second);
        await Host.AdvanceAsync(5 * Second);
        Assert.Equal(["tick 1 at 00:00:11", "tick 2 at 00:00:14"], Probe.Lines);
    }

    [Fact]
    public async Task A_disposed_timer_ticks_no_more()
    {
        await Grain.StartAsync(Second, Second, interleave: false, keepAlive: false);
        await Host.AdvanceAsync(Second);
        await Grain.StopAsync();
        await Host.AdvanceAsync(5 * Second);
        Assert.Equal(["tick 1 at 00:00:01"], Probe.Lines);
    }

    [Fact]
    public async Task A_timer_ends_with_its_activation()
    {
        await Grain.StartAsync(Second, Second, interleave: false, keepAlive: false);
        await Host.DeactivateAsync(Grain);
        await Host.AdvanceAsync(5 * Second);
        Assert.Empty(Probe.Lines);
    }

    [Fact]
    public async Task A_failing_tick_does_not_stop_its_timer()
    {
        await Grains.GetGrain<ITimerGrain>("failing").StartAsync(Second, Second, interleave: false, keepAlive: false);
        await Host.AdvanceAsync(2 * Second);
        Assert.Equal(["tick 1 at 00:00:01", "tick 2 at 00:00:02"], Probe.Lines);
    }

    [Fact]
    public async Task A_tick_waits_for_the_running_call_and_the_period_counts_from_its_end()
    {
        await Grain.StartAsync(Second, 2 * Second, interleave: false, keepAlive: false);
        var work = Grain.WorkAsync("work");
        await Probe.ReachedAsync("work");
        Host.Clock!.Advance(4 * Second);
        Assert.Empty(Probe.Lines);
        Probe.Open("work");
        await work;
        await Grain.WorkAsync("work");
        Assert.Equal(["work ends", "tick 1 at 00:00:04", "work ends"], Probe.Lines);
        await Host.AdvanceAsync(2 * Second);
        Assert.Equal("tick 2 at 00:00:06", Probe.Lines[^1]);
    }

    [Fact]
    public async Task An_interleaving_tick_runs_while_a_call_waits()
    {
        await Grain.StartAsync(Second, Timeout.InfiniteTimeSpan, interleave: true, keepAlive: false);
        var work = Grain.WorkAsync("work");
        await Probe.ReachedAsync("work");
        await Host.AdvanceAsync(Second);
        Assert.Equal(["tick 1 at 00:00:01"], Probe.Lines);
        Probe.Open("work");
        await work;
    }
}
