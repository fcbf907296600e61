#if !ORLEANS
using AgentPay.EmbeddedSilo.Tests.Grains;

namespace AgentPay.EmbeddedSilo.Tests.Embedded;

public sealed class CollectionTests : EmbeddedSiloTest
{
    private static readonly TimeSpan Age = TimeSpan.FromMinutes(15);

    [Fact]
    public async Task A_grain_leaves_memory_when_it_was_not_used_for_the_collection_age()
    {
        await Worker("a").CountAsync();
        await Host.AdvanceAsync(Age - TimeSpan.FromTicks(1));
        Assert.Equal(1, Silo.ActivationCount);
        await Host.AdvanceAsync(TimeSpan.FromTicks(1));
        Assert.Equal(0, Silo.ActivationCount);
        Assert.Equal(["a activates", "a ends: ActivationIdle"], Probe.Lines);
    }

    [Fact]
    public async Task A_call_starts_the_age_again()
    {
        await Worker("a").CountAsync();
        await Host.AdvanceAsync(TimeSpan.FromMinutes(10));
        await Worker("a").CountAsync();
        await Host.AdvanceAsync(TimeSpan.FromMinutes(14));
        Assert.Equal(1, Silo.ActivationCount);
        await Host.AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(0, Silo.ActivationCount);
    }

    [Fact]
    public async Task A_grain_with_a_running_call_stays()
    {
        var work = Worker("a").WorkAsync("work");
        await Probe.ReachedAsync("work");
        await Host.AdvanceAsync(2 * Age);
        Assert.Equal(1, Silo.ActivationCount);
        Probe.Open("work");
        await Assert.ThrowsAsync<TimeoutException>(() => work);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task A_timer_keeps_its_grain_in_memory_only_when_it_says_so(bool keepAlive, int activations)
    {
        await Grains.GetGrain<ITimerGrain>("t").StartAsync(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), interleave: false, keepAlive);
        await Host.AdvanceAsync(2 * Age);
        Assert.Equal(activations, Silo.ActivationCount);
    }
}
#endif
