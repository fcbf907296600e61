using AgentPay.EmbeddedSilo.Tests.Grains;
using AgentPay.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.EmbeddedSilo.Tests;

/// <summary>A silo per test, with the test grains and a probe that outlives kills.</summary>
public abstract class SiloTest : IAsyncLifetime
{
    protected Probe Probe { get; } = new();

    protected ITestHost Host { get; private set; } = null!;

    protected IGrainFactory Grains => Host.Grains;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Host = await TestHosts.StartAsync(Configure, typeof(SiloTest).Assembly);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Host.DisposeAsync();
    }

    protected IWorkerGrain Worker(string key) => Grains.GetGrain<IWorkerGrain>(key);

    protected virtual void Configure(IServiceCollection services)
    {
        services.AddSingleton(Probe);
        services.AddSingleton<IAttributeToFactoryMapper<NoteAttribute>, NoteMapper>();
    }
}
