using AgentPay.EmbeddedSilo.Tests.Grains;

namespace AgentPay.EmbeddedSilo.Tests;

public sealed class ReminderTests : SiloTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private IReminderGrain Grain => Grains.GetGrain<IReminderGrain>("r");

    [Fact]
    public async Task A_reminder_ticks_when_due_and_then_every_period()
    {
        await Grain.RegisterAsync("wake", 2 * Minute, 3 * Minute);
        await Host.AdvanceAsync(9 * Minute);
        Assert.Equal(
            ["wake at 00:02, first 00:02, every 3", "wake at 00:05, first 00:02, every 3", "wake at 00:08, first 00:02, every 3"],
            Probe.Lines);
    }

    [Fact]
    public async Task A_reminder_wakes_a_grain_that_is_not_in_memory()
    {
        await Grain.RegisterAsync("wake", Minute, 60 * Minute);
        await Host.DeactivateAsync(Grain);
        await Host.AdvanceAsync(Minute);
        Assert.Equal(["wake at 00:01, first 00:01, every 60"], Probe.Lines);
    }

    [Fact]
    public async Task An_updated_reminder_ticks_at_its_new_times_only()
    {
        await Grain.RegisterAsync("wake", Minute, Minute);
        await Grain.RegisterAsync("wake", 3 * Minute, 10 * Minute);
        await Host.AdvanceAsync(4 * Minute);
        Assert.Equal(["wake at 00:03, first 00:03, every 10"], Probe.Lines);
    }

    [Fact]
    public async Task A_removed_reminder_ticks_no_more()
    {
        await Grain.RegisterAsync("wake", Minute, Minute);
        Assert.True(await Grain.UnregisterAsync("wake"));
        Assert.False(await Grain.UnregisterAsync("wake"));
        await Host.AdvanceAsync(5 * Minute);
        Assert.Empty(Probe.Lines);
    }

    [Fact]
    public async Task A_grain_knows_its_reminders_and_no_others()
    {
        await Grain.RegisterAsync("two", Minute, Minute);
        await Grain.RegisterAsync("one", Minute, Minute);
        await Grains.GetGrain<IReminderGrain>("other").RegisterAsync("three", Minute, Minute);
        Assert.Equal("one two", await Grain.NamesAsync());
    }

    [Fact]
    public async Task A_period_of_one_minute_is_the_shortest()
    {
        await Grain.RegisterAsync("wake", TimeSpan.Zero, Minute);
        await Assert.ThrowsAsync<ArgumentException>(() => Grain.RegisterAsync("wake", TimeSpan.Zero, Minute - TimeSpan.FromTicks(1)));
    }

    [Fact]
    public async Task A_failing_reminder_ticks_on()
    {
        await Grain.RegisterAsync("failing", Minute, Minute);
        await Host.AdvanceAsync(2 * Minute);
        Assert.Equal(["failing at 00:01, first 00:01, every 1", "failing at 00:02, first 00:01, every 1"], Probe.Lines);
    }

#if !ORLEANS
    [Fact]
    public async Task A_tick_missed_while_the_silo_was_down_comes_once_after_the_start_and_then_on_the_grid()
    {
        await Grain.RegisterAsync("wake", Minute, 10 * Minute);
        await Host.AdvanceAsync(Minute);
        Host.Services.Silo().Kill();
        Host.Clock!.Advance(35 * Minute);
        await Host.KillAsync();
        await Host.AdvanceAsync(6 * Minute);
        Assert.Equal(
            ["wake at 00:01, first 00:01, every 10", "wake at 00:36, first 00:01, every 10", "wake at 00:41, first 00:01, every 10"],
            Probe.Lines);
    }
#endif
}
