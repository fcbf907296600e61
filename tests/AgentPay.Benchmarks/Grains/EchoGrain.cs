using Orleans.Concurrency;

namespace AgentPay.Benchmarks.Grains;

/// <summary>The cheapest grain there is: what a call costs when it does nothing.</summary>
[Alias("agentpay.benchmarks.IEchoGrain")]
public interface IEchoGrain : IGrainWithStringKey
{
    /// <summary>Gives the number back.</summary>
    [Alias("Echo")]
    ValueTask<long> EchoAsync(long number);
}

[GrainType("echo"), Reentrant]
internal sealed class EchoGrain : Grain, IEchoGrain
{
    public ValueTask<long> EchoAsync(long number) => ValueTask.FromResult(number);
}
