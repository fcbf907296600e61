#if !ORLEANS
using AgentPay.EmbeddedSilo.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.EmbeddedSilo.Tests.Embedded;

public sealed class OutgoingFilterTests : EmbeddedSiloTest
{
    [Fact]
    public async Task Outgoing_filters_wrap_a_call_on_the_callers_side_and_know_the_calling_grain()
    {
        Assert.Equal(2, await Grains.GetGrain<IFilteredGrain>("a").AskAsync("b"));
        Assert.Equal(
        [
            "first to filtered/a from nobody", "second to filtered/a from nobody", "own in",
            "first to filtered/b from filtered/a", "second to filtered/b from filtered/a", "own in", "doubles", "own out: 2", "second gets 2", "first gets 2",
            "own out: 2", "second gets 2", "first gets 2",
        ], Probe.Lines);
    }

    [Fact]
    public async Task A_failure_passes_the_outgoing_filters_as_thrown()
        => await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Grains.GetGrain<IFilteredGrain>("a").FailAsync());

    protected override void Configure(IServiceCollection services)
    {
        base.Configure(services);
        services.AddSingleton<IOutgoingGrainCallFilter>(new Outgoing("first", Probe));
        services.AddSingleton<IOutgoingGrainCallFilter>(new Outgoing("second", Probe));
    }

    private sealed class Outgoing(string name, Probe probe) : IOutgoingGrainCallFilter
    {
        public async Task Invoke(IOutgoingGrainCallContext context)
        {
            probe.Write($"{name} to {context.TargetId} from {context.SourceId?.ToString() ?? "nobody"}");
            await context.Invoke();
            probe.Write($"{name} gets {context.Result}");
        }
    }
}
#endif
