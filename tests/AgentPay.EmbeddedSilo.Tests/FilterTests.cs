using AgentPay.EmbeddedSilo.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.EmbeddedSilo.Tests;

public sealed class FilterTests : SiloTest
{
    [Fact]
    public async Task Filters_wrap_a_call_in_the_order_of_their_registration_and_the_grains_own_comes_last()
    {
        Assert.Equal(20, await Grains.GetGrain<IFilteredGrain>("f").DoubleAsync(10));
        Assert.Equal(
        [
            "first in: Double of filtered/f", "second in: Double of filtered/f", "own in",
            "doubles", "own out: 20", "second out: 20", "first out: 20",
        ], Probe.Lines);
    }

    [Fact]
    public async Task A_filter_may_replace_the_result() => Assert.Equal(-1, await Grains.GetGrain<IFilteredGrain>("f").DoubleAsync(666));

    [Fact]
    public async Task A_filter_sees_the_exception_and_may_change_it()
        => Assert.Equal("changed: odd", (await Assert.ThrowsAsync<InvalidOperationException>(() => Grains.GetGrain<IFilteredGrain>("f").FailAsync())).Message);

    protected override void Configure(IServiceCollection services)
    {
        base.Configure(services);
        services.AddSingleton<IIncomingGrainCallFilter>(new Incoming("first", Probe));
        services.AddSingleton<IIncomingGrainCallFilter>(new Incoming("second", Probe));
    }

    private sealed class Incoming(string name, Probe probe) : IIncomingGrainCallFilter
    {
        public async Task Invoke(IIncomingGrainCallContext context)
        {
            // A filter of Orleans sees its system calls too.
            if (context.Grain is not FilteredGrain)
            {
                await context.Invoke();
                return;
            }
            probe.Write($"{name} in: {context.ImplementationMethod.Name[..^5]} of {context.TargetId}");
            try
            {
                await context.Invoke();
            }
            catch (InvalidTimeZoneException exception)
            {
                throw new InvalidOperationException($"changed: {exception.Message}", exception);
            }
            probe.Write($"{name} out: {context.Result}");
            if (name == "first" && context.Result is 1332)
            {
                context.Result = -1;
            }
        }
    }
}
