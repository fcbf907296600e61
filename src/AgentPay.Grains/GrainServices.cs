using AgentPay.Chains.Evm;
using AgentPay.Grains.Books;
using AgentPay.Grains.Chains;
using AgentPay.Grains.Deadlines;
using AgentPay.Grains.Facilitator;
using AgentPay.Grains.Journal;
using AgentPay.Grains.Messages;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentPay.Grains;

/// <summary>Registers what the grains and their surroundings need; the store, the clock and the silo come from the host.</summary>
public static class GrainServices
{
    /// <summary>Adds journals, messages, deadlines, chains and the facilitator.</summary>
    public static IServiceCollection AddAgentPayGrains(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<GrainMetrics>();
        services.AddSingleton<IAttributeToFactoryMapper<JournalAttribute>, JournalFactory>();
        services.AddSingleton(StoredForms.Settlements);
        services.AddSingleton(StoredForms.Signers);
        services.TryAddSingleton<INeighbours, OneProcess>();
        services.TryAddSingleton<ILeases, OneProcess>();
        services.AddSingleton<VersionCheck>();
        services.AddSingleton<Surroundings>();
        services.AddSingleton(StoredForms.Books);
        services.AddOptions<BookSettings>().ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<BookSettings>>().Value.ToRules());
        services.AddSingleton<ICommitSink, CommitSink>();
        services.AddSingleton<MessageDispatcher>();
        services.AddSingleton<DueSweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<MessageDispatcher>());
        services.AddHostedService(provider => provider.GetRequiredService<DueSweeper>());
        services.AddSingleton(provider => provider.GetRequiredService<GrainMetrics>().Show(new ChainDesk(provider.GetServices<ChainWorker>())));
        services.AddSingleton<ITransactionDesk>(provider => provider.GetRequiredService<ChainDesk>());
        services.AddSingleton<ISettlementResolver>(provider => provider.GetRequiredService<ChainDesk>());
        services.AddOptions<FacilitatorSettings>().ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<FailureBudget>();
        services.AddSingleton<PaymentsUnderWay>();
        services.AddSingleton<Permit2Verifier>();
        services.AddSingleton<PaymentVerifier>();
        services.AddSingleton<IFacilitator, Facilitator.Facilitator>();
        return services;
    }

    /// <summary>Adds one EVM chain and the keys that pay gas on it.</summary>
    public static IServiceCollection AddEvmChain(
        this IServiceCollection services, ChainSettings settings, Func<IServiceProvider, IEvmChain> chain, IReadOnlyList<EvmSigner> keys)
    {
        services.AddSingleton(provider => new ChainWorker(
            settings, chain(provider), keys, provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<ILeases>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IHostedService>(provider => provider.GetServices<ChainWorker>().Single(worker => worker.Settings.Network == settings.Network));
        return services;
    }
}
