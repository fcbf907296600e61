namespace AgentPay.EmbeddedSilo.Tests.Grains;

public interface IFragileGrain : IGrainWithStringKey
{
    Task<string> AliveAsync();
}

/// <summary>Its name in the silo is the default one: the class name without its ending, in lower case.</summary>
internal sealed class FragileGrain(Probe probe) : Grain, IFragileGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        probe.Write("tries");
        return probe.ActivationsFail ? throw new InvalidTimeZoneException("no state") : Task.CompletedTask;
    }

    public Task<string> AliveAsync() => Task.FromResult(this.GetGrainId().ToString());
}
