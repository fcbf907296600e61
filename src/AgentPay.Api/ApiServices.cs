using AgentPay.Api.Books;
using AgentPay.Api.Facilitator;
using AgentPay.Api.Payments;
using AgentPay.Api.Problems;
using AgentPay.Api.Silence;
using AgentPay.Grains.Facilitator;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AgentPay.Api;

/// <summary>Registers what the endpoints need.</summary>
public static class ApiServices
{
    /// <summary>Adds access rules, the payment gate and fault answers.</summary>
    public static IServiceCollection AddAgentPayApi(this IServiceCollection services)
    {
        services.AddOptions<FacilitatorAccessSettings>().ValidateOnStart();
        services.AddOptions<SellerSettings>().ValidateOnStart();
        services.AddSingleton<FacilitatorAccess>();
        services.AddSingleton<StoreSilence>();
        services.AddSingleton<PaymentGate>();
        services.AddOptions<BookAccessSettings>().ValidateOnStart();
        services.AddSingleton<BookAccess>();
        services.AddExceptionHandler<FaultAnswers>();
        return services;
    }

    /// <summary>Lets no caller of the facilitator wait for a database that says nothing. Added after the facilitator itself.</summary>
    public static IServiceCollection AddPromptFacilitator(this IServiceCollection services)
    {
        var facilitator = services.Last(static service => service.ServiceType == typeof(IFacilitator));
        return services.Replace(ServiceDescriptor.Singleton<IFacilitator>(provider => new PromptFacilitator(
            (IFacilitator)(facilitator.ImplementationInstance ?? ActivatorUtilities.CreateInstance(provider, facilitator.ImplementationType!)),
            provider.GetRequiredService<StoreSilence>())));
    }
}
