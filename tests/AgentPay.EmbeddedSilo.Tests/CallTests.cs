using AgentPay.EmbeddedSilo.Tests.Grains;

namespace AgentPay.EmbeddedSilo.Tests;

public sealed class CallTests : SiloTest
{
    [Fact]
    public async Task An_exception_reaches_the_caller_as_thrown()
    {
        var exception = await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Worker("a").FailAsync("late"));
        Assert.Equal("late", exception.Message);
    }

    [Fact]
    public async Task An_exception_thrown_before_the_first_await_reaches_the_caller_too()
    {
        var exception = await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Worker("a").FailAtOnceAsync("soon"));
        Assert.Equal("soon", exception.Message);
    }

    [Fact]
    public async Task A_grain_that_failed_a_call_takes_the_next()
    {
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Worker("a").FailAsync("x"));
        Assert.Equal(1, await Worker("a").CountAsync());
    }

    [Fact]
    public async Task Value_tasks_are_answered()
    {
        Assert.Equal(42, await Worker("a").DoubleAsync(21));
        await Worker("a").TouchAsync();
        Assert.Equal(["a activates", "touched"], Probe.Lines);
    }

    [Fact]
    public async Task Arguments_arrive_in_their_places()
        => Assert.Equal(("x", "y", 3, 4L, TimeSpan.FromSeconds(5)), await Worker("a").ManyAsync("x", "y", 3, 4, TimeSpan.FromSeconds(5)));

    [Fact]
    public async Task A_cancellation_token_reaches_the_grain()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var call = Worker("a").WaitAsync(source.Token);
        await Probe.PassAsync("waiting");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task A_caller_that_cancels_goes_at_once_and_the_grain_goes_on()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var call = Worker("a").FinishAsync("open", source.Token);
        await Probe.ReachedAsync("open");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.DoesNotContain("finished", Probe.Lines);

        Probe.Open("open");
        await Worker("a").TouchAsync();
        Assert.Equal(["a activates", "finished", "touched"], Probe.Lines);
    }

    [Fact]
    public async Task A_grain_knows_its_id_and_its_references()
        => Assert.Equal("worker/a worker/a", await Worker("a").SelfAsync());

    [Fact]
    public async Task A_grain_is_reached_through_any_interface_by_its_id()
    {
        var id = GrainId.Create("reentrant", "r/1");
        Assert.Equal(1, await Grains.GetGrain<IWork>(id).CountAsync());
        Assert.Equal(2, await Grains.GetGrain<IReentrantGrain>(id).CountAsync());
        Assert.Equal(3, await Grains.GetGrain<IReentrantGrain>("r/1").CountAsync());
    }

    [Fact]
    public async Task A_class_without_a_type_name_is_named_after_itself()
        => Assert.Equal("fragile/f1", await Grains.GetGrain<IFragileGrain>("f1").AliveAsync());

    [Fact]
    public void An_interface_of_two_classes_is_no_name_for_a_grain()
        => Assert.Throws<ArgumentException>(() => Grains.GetGrain<IWork>("a"));

    [Fact]
    public void References_to_one_grain_are_equal()
    {
        Assert.Equal(Worker("a"), Worker("a"));
        Assert.NotEqual(Worker("a"), Worker("b"));
        Assert.Equal("a", Worker("a").GetPrimaryKeyString());
    }
}
