using AgentPay.EmbeddedSilo.Activations;
using AgentPay.EmbeddedSilo.Calls;
using AgentPay.EmbeddedSilo.Reminders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo;

/// <summary>The silo's life in its host, and what tests and operators may ask of it.</summary>
public sealed class SiloHost : IHostedService
{
    private readonly GrainClasses classes;
    private readonly Catalog catalog;
    private readonly CallRouter router;
    private readonly ReminderService reminders;
    private readonly BackgroundWork background;
    private readonly EmbeddedSiloOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<SiloHost> logger;

    internal SiloHost(
        GrainClasses classes, Catalog catalog, CallRouter router, ReminderService reminders, BackgroundWork background,
        IOptions<EmbeddedSiloOptions> options, TimeProvider clock, ILogger<SiloHost> logger)
    {
        this.classes = classes;
        this.catalog = catalog;
        this.router = router;
        this.reminders = reminders;
        this.background = background;
        this.options = options.Value;
        this.clock = clock;
        this.logger = logger;
    }

    /// <summary>How many grains are in memory.</summary>
    public int ActivationCount => catalog.Count;

    /// <summary>Completes when no tick, reminder or collection that the clock started runs any more.</summary>
    public Task WhenQuietAsync() => background.WhenQuietAsync();

    /// <summary>Starts collection and reminders. Calls are taken from the first moment, before this.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        catalog.Start();
        await reminders.StartAsync(cancellationToken);
        logger.SiloStarted(classes.Count);
    }

    /// <summary>Takes no more calls from outside, lets running ones complete, and ends all activations; gives up at the deadline.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        router.RefuseClients();
        reminders.Dispose();
        catalog.Dispose();
        using var timeout = new CancellationTokenSource(options.DeactivationTimeout, clock);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var stopping = new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The silo stops.");
        try
        {
            // Again until none is left: a grain that ends may still call others.
            while (catalog.Count > 0)
            {
                var all = catalog.All();
                foreach (var activation in all)
                {
                    activation.Deactivate(stopping, deadline.Token);
                }
                await Task.WhenAll(all.Select(activation => activation.Deactivated)).WaitAsync(deadline.Token);
            }
            router.RefuseAll();
            logger.SiloStopped();
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            logger.SiloStoppedLate(catalog.Count);
            router.RefuseAll();
            AbandonAll();
        }
    }

    /// <summary>Ends the activation of a grain in good order, if there is one.</summary>
    public Task DeactivateAsync(GrainId grainId)
    {
        if (catalog.Find(grainId) is not { } activation)
        {
            return Task.CompletedTask;
        }
        activation.Deactivate(new DeactivationReason(DeactivationReasonCode.RuntimeRequested, "The host asked for it."));
        return activation.Deactivated;
    }

    /// <summary>Lets the activation of a grain vanish without a word to it, as a kill of the process does. Its callers get a <see cref="SiloUnavailableException"/>.</summary>
    public void Abandon(GrainId grainId) => catalog.Find(grainId)?.Abandon();

    /// <summary>Ends the silo as a kill of the process does: no timer, reminder or call of it runs any more.</summary>
    public void Kill()
    {
        router.RefuseAll();
        reminders.Dispose();
        catalog.Dispose();
        AbandonAll();
    }

    /// <summary>Lets all activations vanish, as a kill of the process does; calls that come make new ones.</summary>
    public void AbandonAll()
    {
        foreach (var activation in catalog.InOrder(static _ => true))
        {
            activation.Abandon();
        }
    }
}
