#if !ORLEANS
using AgentPay.EmbeddedSilo.Tests.Grains;
using AgentPay.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.EmbeddedSilo.Tests.Embedded;

/// <summary>For what only the embedded silo promises, or only it lets a test see.</summary>
public abstract class EmbeddedSiloTest : IAsyncLifetime
{
    protected Probe Probe { get; } = new();

    protected EmbeddedTestHost Host { get; private set; } = null!;

    protected IGrainFactory Grains => Host.Grains;

    protected SiloHost Silo => Host.Silo;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Host = await EmbeddedTestHost.StartAsync(Configure, typeof(EmbeddedSiloTest).Assembly);

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
#endif
