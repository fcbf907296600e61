#if !ORLEANS
using AgentPay.EmbeddedSilo.Tests.Grains;

namespace AgentPay.EmbeddedSilo.Tests.Embedded;

public sealed class StopTests : EmbeddedSiloTest
{
    [Fact]
    public async Task A_stopped_silo_refuses_calls()
    {
        await Worker("a").CountAsync();
        await Silo.StopAsync(Cancellation);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => Worker("a").CountAsync());
        Assert.Equal(["a activates", "a ends: ShuttingDown"], Probe.Lines);
        Assert.Equal(0, Silo.ActivationCount);
    }

    [Fact]
    public async Task Stopping_lets_running_calls_complete_and_fails_those_that_wait()
    {
        var work = Worker("a").WorkAsync("work");
        await Probe.ReachedAsync("work");
        var waits = Worker("a").CountAsync();
        var stop = Silo.StopAsync(Cancellation);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => Worker("b").CountAsync());
        Assert.False(stop.IsCompleted);
        Probe.Open("work");
        Assert.Equal("work", await work);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => waits);
        await stop;
    }

    [Fact]
    public async Task Stopping_gives_up_at_its_deadline_and_fails_what_still_runs()
    {
        var work = Worker("a").WorkAsync("work");
        await Probe.ReachedAsync("work");
        var stop = Silo.StopAsync(Cancellation);
        Host.Clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.False(stop.IsCompleted);
        Host.Clock.Advance(TimeSpan.FromTicks(1));
        await stop;
        await Assert.ThrowsAsync<SiloUnavailableException>(() => work);
        Assert.Equal(0, Silo.ActivationCount);
    }

    [Fact]
    public async Task An_abandoned_activation_runs_no_further_turn_and_its_callers_are_told()
    {
        var work = Worker("a").WorkAsync("work");
        var waits = Worker("a").CountAsync();
        await Probe.ReachedAsync("work");
        Silo.Abandon(Worker("a").GetGrainId());
        await Assert.ThrowsAsync<SiloUnavailableException>(() => work);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => waits);
        Probe.Open("work");
        Assert.Equal(1, await Worker("a").CountAsync());
        Assert.Equal(["a activates", "work begins", "a activates"], Probe.Lines);
    }

    [Fact]
    public async Task Abandoning_all_empties_the_silo_which_goes_on()
    {
        await Worker("a").CountAsync();
        await Worker("b").CountAsync();
        Silo.AbandonAll();
        Assert.Equal(0, Silo.ActivationCount);
        Assert.Equal(1, await Worker("a").CountAsync());
    }

    [Fact]
    public async Task A_killed_silo_tells_its_grains_nothing()
    {
        await Worker("a").CountAsync();
        await Host.KillAsync();
        Assert.Equal(1, await Worker("a").CountAsync());
        Assert.Equal(["a activates", "a activates"], Probe.Lines);
    }

    [Fact]
    public async Task A_killed_silo_ticks_no_more()
    {
        await Grains.GetGrain<ITimerGrain>("t").StartAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), interleave: false, keepAlive: true);
        await Grains.GetGrain<IReminderGrain>("r").RegisterAsync("wake", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        Silo.Kill();
        await Host.AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Empty(Probe.Lines);
    }
}
#endif
