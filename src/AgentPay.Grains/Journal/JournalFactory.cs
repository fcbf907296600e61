using System.Reflection;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.Grains.Journal;

/// <summary>Makes a journal for each activation that asks for one.</summary>
internal sealed class JournalFactory : IAttributeToFactoryMapper<JournalAttribute>
{
    private static readonly MethodInfo Create = typeof(JournalFactory).GetMethod(nameof(CreateJournal), BindingFlags.NonPublic | BindingFlags.Static)!;

    public Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, JournalAttribute metadata)
    {
        var state = parameter.ParameterType.GetGenericArguments()[0];
        var create = Create.MakeGenericMethod(state).CreateDelegate<Func<IGrainContext, string, object>>();
        return context => create(context, metadata.GrainType);
    }

    private static StoreJournal<TState> CreateJournal<TState>(IGrainContext context, string grainType)
        where TState : class
    {
        var services = context.ActivationServices;
        return new StoreJournal<TState>(
            new GrainRef(grainType, context.GrainId.Key.ToString()!),
            services.GetRequiredService<StateForm<TState>>(),
            services.GetRequiredService<IAtomicStore>(),
            services.GetRequiredService<ICommitSink>(),
            services.GetRequiredService<Surroundings>(),
            services.GetRequiredService<TimeProvider>());
    }
}
