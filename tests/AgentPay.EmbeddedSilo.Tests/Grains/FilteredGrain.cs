namespace AgentPay.EmbeddedSilo.Tests.Grains;

public interface IFilteredGrain : IGrainWithStringKey
{
    Task<int> DoubleAsync(int value);

    Task FailAsync();

    Task<int> AskAsync(string other);
}

[GrainType("filtered")]
internal sealed class FilteredGrain(Probe probe) : Grain, IFilteredGrain, IIncomingGrainCallFilter
{
    public async Task<int> DoubleAsync(int value)
    {
        await Task.Yield();
        probe.Write("doubles");
        return value * 2;
    }

    public Task FailAsync() => throw new InvalidTimeZoneException("odd");

    public Task<int> AskAsync(string other) => GrainFactory.GetGrain<IFilteredGrain>(other).DoubleAsync(1);

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        probe.Write("own in");
        await context.Invoke();
        probe.Write($"own out: {context.Result}");
    }
}
