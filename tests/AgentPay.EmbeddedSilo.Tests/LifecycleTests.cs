using AgentPay.EmbeddedSilo.Tests.Grains;

namespace AgentPay.EmbeddedSilo.Tests;

public sealed class LifecycleTests : SiloTest
{
    [Fact]
    public async Task A_deactivated_grain_starts_afresh()
    {
        Assert.Equal(1, await Worker("a").CountAsync());
        Assert.Equal(2, await Worker("a").CountAsync());
        await Host.DeactivateAsync(Worker("a"));
        Assert.Equal(1, await Worker("a").CountAsync());
        Assert.Equal("a activates", Probe.Lines[0]);
        Assert.StartsWith("a ends: ", Probe.Lines[1], StringComparison.Ordinal);
        Assert.Equal("a activates", Probe.Lines[2]);
    }

    [Fact]
    public async Task A_grain_that_asks_to_leave_ends_after_its_call()
    {
        await Worker("a").CountAsync();
        Probe.Open("leave");
        await Worker("a").LeaveAsync("leave");
        Assert.Equal(1, await Worker("a").CountAsync());
        Assert.Equal(["a activates", "a ends: ApplicationRequested", "a activates"], Probe.Lines);
    }

    [Fact]
    public async Task A_call_that_waits_for_a_leaving_grain_runs_on_the_next_activation()
    {
        Assert.Equal(1, await Worker("a").CountAsync());
        var leave = Worker("a").LeaveAsync("leave");
        await Probe.ReachedAsync("leave");
        var count = Worker("a").CountAsync();
        Probe.Open("leave");
        await leave;
        Assert.Equal(1, await count);
        Assert.Equal(["a activates", "a ends: ApplicationRequested", "a activates"], Probe.Lines);
    }

    [Fact]
    public async Task A_failed_activation_fails_its_calls_and_the_next_call_tries_again()
    {
        Probe.ActivationsFail = true;
        await Assert.ThrowsAnyAsync<Exception>(() => Grains.GetGrain<IFragileGrain>("f").AliveAsync());
        Probe.ActivationsFail = false;
        Assert.Equal("fragile/f", await Grains.GetGrain<IFragileGrain>("f").AliveAsync());
        Assert.Equal(["tries", "tries"], Probe.Lines);
    }

    [Fact]
    public async Task Facets_are_made_for_the_activation_and_loaded_before_it()
    {
        var notes = await Grains.GetGrain<IFacetGrain>("f").NotesAsync();
        Assert.Equal("first of facet/f in one; second of facet/f in two", notes);
        await Host.DeactivateAsync(Grains.GetGrain<IFacetGrain>("f"));
        Assert.Equal(
            ["first loads", "second loads", "activates with first of facet/f in one", "deactivates", "first closes", "second closes"],
            Probe.Lines.Order(new ByStage()));
    }

    [Fact]
    public async Task After_a_kill_a_grain_starts_afresh()
    {
        await Worker("a").CountAsync();
        await Host.KillAsync();
        Assert.Equal(1, await Worker("a").CountAsync());
        Assert.Equal(2, Probe.Lines.Count(line => line == "a activates"));
    }

    /// <summary>Facets of one stage load side by side, in either order.</summary>
    private sealed class ByStage : IComparer<string>
    {
        public int Compare(string? x, string? y) => (Stage(x!), x).CompareTo((Stage(y!), y));

        private static int Stage(string line) => line.EndsWith("loads", StringComparison.Ordinal) ? 0
            : line.StartsWith("activates", StringComparison.Ordinal) ? 1
            : line == "deactivates" ? 2 : 3;
    }
}
