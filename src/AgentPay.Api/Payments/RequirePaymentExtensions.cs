using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.Api.Payments;

/// <summary>Puts a price on an endpoint.</summary>
public static class RequirePaymentExtensions
{
    /// <summary>Asks buyers to pay before the endpoint's answer leaves; speaks x402 v1 and v2 at once.</summary>
    /// <remarks>
    /// The handler runs once per payment and its answer is held back until the money moved. When the handler fails (status 400 or more, or an exception)
    /// nothing is settled and the payment stays usable.
    /// </remarks>
    public static TBuilder RequirePayment<TBuilder>(this TBuilder endpoint, PaymentOffer offer)
        where TBuilder : IEndpointConventionBuilder => endpoint.RequirePayment(_ => offer);

    /// <summary>Asks for a price that depends on the request.</summary>
    public static TBuilder RequirePayment<TBuilder>(this TBuilder endpoint, Func<HttpContext, PaymentOffer> offer)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.AddEndpointFilter(async (invocation, next) =>
        {
            var gate = invocation.HttpContext.RequestServices.GetRequiredService<PaymentGate>();
            await gate.PassAsync(invocation, next, offer(invocation.HttpContext));
            return Results.Empty;
        });
}
