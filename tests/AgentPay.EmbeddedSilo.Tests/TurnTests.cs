using AgentPay.EmbeddedSilo.Tests.Grains;

namespace AgentPay.EmbeddedSilo.Tests;

public sealed class TurnTests : SiloTest
{
    [Fact]
    public async Task A_call_does_not_start_until_the_running_one_completes()
    {
        var worker = Worker("a");
        var first = worker.WorkAsync("one");
        await Probe.ReachedAsync("one");
        var second = worker.WorkAsync("two");
        Probe.Open("two");
        Probe.Open("one");
        await Task.WhenAll(first, second);
        Assert.Equal(["a activates", "one begins", "one ends", "two begins", "two ends"], Probe.Lines);
    }

    [Fact]
    public async Task A_thousand_calls_at_once_run_one_after_the_other()
    {
        var worker = Worker("a");
        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => worker.CountAsync()));
        Assert.Equal(Enumerable.Range(1, 1000), answers.Order());
    }

    [Fact]
    public async Task A_reentrant_grain_starts_a_call_while_another_waits()
    {
        var grain = Grains.GetGrain<IReentrantGrain>("a");
        var first = grain.WorkAsync("one");
        await Probe.ReachedAsync("one");
        var second = grain.WorkAsync("two");
        await Probe.ReachedAsync("two");
        Probe.Open("two");
        await second;
        Probe.Open("one");
        await first;
        Assert.Equal(["a activates", "one begins", "two begins", "two ends", "one ends"], Probe.Lines);
    }

    [Fact]
    public async Task An_interleaving_method_starts_while_another_call_waits()
    {
        var worker = Worker("a");
        var work = worker.WorkAsync("work");
        await Probe.ReachedAsync("work");
        var peek = worker.PeekAsync("peek");
        await Probe.ReachedAsync("peek");
        Probe.Open("peek");
        await peek;
        Assert.False(work.IsCompleted);
        Probe.Open("work");
        await work;
    }

    [Fact]
    public async Task A_call_starts_while_only_an_interleaving_method_waits()
    {
        var worker = Worker("a");
        var peek = worker.PeekAsync("peek");
        await Probe.ReachedAsync("peek");
        Assert.Equal(1, await worker.CountAsync());
        Probe.Open("peek");
        await peek;
    }

    [Fact]
    public async Task Turns_of_a_reentrant_grain_never_overlap()
    {
        var grain = Grains.GetGrain<IReentrantGrain>("a");
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => grain.YieldAsync(50))));
        Assert.False(Probe.Overlapped);
        Assert.Equal((64 * 50) + 1, await grain.CountAsync());
    }

    [Fact]
    public async Task Sixty_four_first_calls_at_once_share_one_activation()
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => Worker("a").CountAsync())));
        Assert.Equal(Enumerable.Range(1, 64), counts.Order());
        Assert.Equal(["a activates"], Probe.Lines);
    }

    [Fact]
    public async Task What_a_grain_awaits_continues_on_its_own_scheduler() => Assert.True(await Worker("a").StaysOnItsSchedulerAsync());

    [Fact]
    public async Task A_grain_calls_another()
    {
        Probe.Open("job");
        Assert.Equal("job", await Worker("a").AskAsync("b", "job"));
        Assert.Equal(["a activates", "b activates", "job begins", "job ends"], Probe.Lines);
    }

    [Fact]
    public async Task Two_grains_work_at_the_same_time()
    {
        var first = Worker("a").WorkAsync("one");
        var second = Worker("b").WorkAsync("two");
        await Task.WhenAll(Probe.ReachedAsync("one"), Probe.ReachedAsync("two"));
        Probe.Open("one");
        Probe.Open("two");
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task A_thousand_grains_answer()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Grains.GetGrain<IWork>(GrainId.Create("worker", $"w{i}")).CountAsync()));
        Assert.All(answers, answer => Assert.Equal(1, answer));
    }
}
