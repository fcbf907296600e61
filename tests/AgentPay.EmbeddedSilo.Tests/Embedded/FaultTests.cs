#if !ORLEANS
using System.Diagnostics;
using AgentPay.EmbeddedSilo.Tests.Grains;

namespace AgentPay.EmbeddedSilo.Tests.Embedded;

public sealed class FaultTests : EmbeddedSiloTest
{
    [Fact]
    public async Task A_call_that_does_not_answer_in_time_fails_for_its_caller()
    {
        var work = Worker("a").WorkAsync("work");
        await Probe.ReachedAsync("work");
        await Host.AdvanceAsync(TimeSpan.FromSeconds(29));
        Assert.False(work.IsCompleted);
        await Host.AdvanceAsync(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<TimeoutException>(() => work);
    }

    [Fact]
    public async Task A_call_that_waited_too_long_never_starts()
    {
        var work = Worker("a").WorkAsync("work");
        await Probe.ReachedAsync("work");
        var waits = Worker("a").CountAsync();
        await Host.AdvanceAsync(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAsync<TimeoutException>(() => waits);
        Probe.Open("work");
        await Assert.ThrowsAsync<TimeoutException>(() => work);
        Assert.Equal(1, await Worker("a").CountAsync());
    }

    [Fact]
    public async Task A_grain_that_waits_for_itself_fails_by_time_and_not_for_ever()
    {
        var call = Worker("a").AskAsync("a", "job");
        await Host.AdvanceAsync(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAsync<TimeoutException>(() => call);
    }

    [Fact]
    public async Task A_method_that_returns_null_instead_of_a_task_fails_its_caller()
        => await Assert.ThrowsAsync<InvalidOperationException>(() => Worker("a").NothingAsync());

    [Fact]
    public async Task A_failed_activation_fails_all_waiting_calls_with_its_own_exception()
    {
        Probe.ActivationsFail = true;
        var calls = Enumerable.Range(0, 8).Select(_ => Grains.GetGrain<IFragileGrain>("f").AliveAsync()).ToArray();
        foreach (var call in calls)
        {
            Assert.Equal("no state", (await Assert.ThrowsAsync<InvalidTimeZoneException>(() => call)).Message);
        }
        Assert.Equal(0, Silo.ActivationCount);
    }

    [Fact]
    public async Task A_grain_id_of_no_class_fails_its_calls()
        => await Assert.ThrowsAsync<ArgumentException>(() => Grains.GetGrain<IWork>(GrainId.Create("nobody", "a")).CountAsync());

    [Fact]
    public void An_empty_grain_id_names_nothing() => Assert.Throws<ArgumentException>(() => Grains.GetGrain<IWork>(default(GrainId)));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void A_blank_key_names_nothing(string key) => Assert.Throws<ArgumentException>(() => Worker(key));

    [Fact]
    public async Task A_class_that_does_not_implement_the_interface_fails_its_calls()
        => await Assert.ThrowsAsync<InvalidCastException>(() => Grains.GetGrain<IFragileGrain>(GrainId.Create("worker", "a")).AliveAsync());

    [Fact]
    public async Task What_follows_a_call_in_its_caller_never_runs_inside_the_grains_turn()
    {
        var work = Worker("a").WorkAsync("work");
        await Probe.ReachedAsync("work");
        var waits = Worker("a").CountAsync();
        var stack = waits.ContinueWith(_ => Environment.StackTrace, Cancellation, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Probe.Open("work");
        Assert.DoesNotContain("TurnScheduler", await stack, StringComparison.Ordinal);
        await work;
    }

    [Fact]
    public async Task The_trace_of_the_caller_is_the_trace_of_the_call()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        Assert.Equal(activity.TraceId.ToString(), await Worker("a").TraceAsync());
    }
}
#endif
