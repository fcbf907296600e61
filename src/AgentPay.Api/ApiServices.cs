using AgentPay.Api.Books;
using AgentPay.Api.Facilitator;
using AgentPay.Api.Payments;
using AgentPay.Api.Problems;
using Microsoft.Extensions.DependencyInjection;

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
        services.AddSingleton<PaymentGate>();
        services.AddOptions<BookAccessSettings>().ValidateOnStart();
        services.AddSingleton<BookAccess>();
        services.AddExceptionHandler<FaultAnswers>();
        return services;
    }
}
